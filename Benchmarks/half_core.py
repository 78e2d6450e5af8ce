"""Runs a command while some processes share half of one core: half_core.py 'PROCESS…' COMMAND…

scripts/bench load runs its client with it, while the services have the half.

The client has the rest of the processor, so it sends each request in time even when the services cannot keep up. The kernel stops
the services when they have used their time of a period (sched-bwc.rst, and "cpu.max" in cgroup-v2.rst). Only root may set
that. Another user, or root without the files of the kernel, gets a warning, and the services share the processor with the client.
"""

import os
import pathlib
import subprocess
import sys

CORE = 0
# Short periods: a request waits for the next one at most as long as this.
PERIOD_US = 5_000
SHARE = 0.5
ROOT = pathlib.Path("/sys/fs/cgroup")


class Group:
    """A cgroup with a part of a core."""

    def __init__(self):
        quota = int(PERIOD_US * SHARE)
        is_version_2 = (ROOT / "cgroup.controllers").exists()
        self.controller = "" if is_version_2 else "cpu"
        self.root = ROOT / self.controller
        self.path = self.root / "hallpass-load"
        if is_version_2:
            (self.root / "cgroup.subtree_control").write_text("+cpu")
        self.path.mkdir(exist_ok=True)
        if is_version_2:
            (self.path / "cpu.max").write_text(f"{quota} {PERIOD_US}")
        else:
            (self.path / "cpu.cfs_period_us").write_text(str(PERIOD_US))
            (self.path / "cpu.cfs_quota_us").write_text(str(quota))
        self.former = {}

    def take(self, process):
        self.former[process] = next(
            path.lstrip("/") for _, controllers, path in
            (line.split(":", 2) for line in pathlib.Path(f"/proc/{process}/cgroup").read_text().splitlines())
            if self.controller in controllers.split(","))
        (self.path / "cgroup.procs").write_text(str(process))

    def close(self):
        for process, former in self.former.items():
            if pathlib.Path(f"/proc/{process}").exists():
                (self.root / former / "cgroup.procs").write_text(str(process))
        self.path.rmdir()


def pin(process, cores):
    subprocess.run(
        ["taskset", "--all-tasks", "--cpu-list", "--pid", ",".join(map(str, cores)), str(process)],
        stdout=subprocess.DEVNULL, check=True)


def main():
    processes = [int(process) for process in sys.argv[1].split()]
    command = sys.argv[2:]
    cores = os.sched_getaffinity(0)
    try:
        group = Group()
    except OSError as error:
        print(f"The services and the client share the processor, so the client may be late: {error}", file=sys.stderr)
        sys.exit(subprocess.run(command).returncode)
    try:
        for process in processes:
            group.take(process)
            pin(process, [CORE])
        status = subprocess.run(command).returncode
    finally:
        for process in processes:
            if pathlib.Path(f"/proc/{process}").exists():
                pin(process, cores)
        group.close()
    sys.exit(status)


main()
