"""Measures the services on PostgreSQL with 1, 2 and 4 processes, and the ceiling of the revocation log. Prints tables.
`scripts/bench-scale` runs this.

    scale.py EXECUTABLES SECONDS

Everything runs on this machine, so more processes alone would only share the same cores. Each process of the measured service
may therefore use at most a tenth of a core (a control group, which needs root), as if it had a small machine of its own. The
load, HAProxy and PostgreSQL share the rest. CPU time comes from /proc/PID/stat.
"""

import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

SERVICES = ["login", "catalog", "orders", "inbox"]
SHARE = 0.1  # of a core, for each process of the measured service
GROUP = pathlib.Path("/sys/fs/cgroup/cpu/hallpass-scale")
TICKS = os.sysconf("SC_CLK_TCK")
PASSWORD = "correct horse battery staple"

# The transaction of RevocationLog.append, without the values of an account.
APPEND = """\
\\set id random(1, 1000000000)
BEGIN;
UPDATE feed SET seq = seq + 1 WHERE id = 1 RETURNING seq \\gset
DELETE FROM revocations WHERE seq IN (SELECT seq FROM revocations WHERE expires_at <= 0 ORDER BY expires_at LIMIT 100);
INSERT INTO revocations (seq, kind, subject, expires_at) VALUES (:seq, 'session', :id, 9000000000000);
COMMIT;
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def cpu_seconds(pids):
    """The CPU time of processes and of their ended children."""
    total = 0
    for pid in pids:
        try:
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
        except OSError:
            continue
        total += sum(map(int, fields[11:15]))
    return total / TICKS


def children(pid):
    return [int(c) for c in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


class Machine:
    """A PostgreSQL server, and the services and HAProxy that were started on it."""

    def __init__(self, executables, folder):
        self.executables, self.folder = executables, folder
        self.programs = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name))[-1]
        self.ports = {service: free_port() for service in SERVICES}
        self.started = []
        self.environment = {"PATH": "/usr/bin:/bin", "JWT_SECRET": os.urandom(32).hex(), "DEMO_DATA": "on", "LOG_LEVEL": "error"}
        for service in SERVICES:
            self.environment[f"{service.upper()}_URL"] = f"http://127.0.0.1:{self.ports[service]}"
        self.start_database()

    def as_server(self, command, **options):
        if os.getuid() == 0:
            command = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", *command]
        return subprocess.Popen([str(c) for c in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)

    def start_database(self):
        data, initial = self.folder / "database", self.folder / "initial-password"
        data.mkdir()
        password = os.urandom(16).hex()
        self.password_file = self.folder / "passwords"
        for file, text in [(initial, password), (self.password_file, f"*:*:*:*:{password}")]:
            file.touch(0o600)
            file.write_text(text)
        if os.getuid() == 0:
            shutil.chown(data, "nobody")
            shutil.chown(initial, "nobody")
        self.as_server(
            [self.programs / "initdb", "-D", data, "-U", "tests", "--auth=scram-sha-256", f"--pwfile={initial}", "--encoding=UTF8",
             "--locale=C"]).wait()
        initial.unlink()
        self.database_port = free_port()
        self.database = self.as_server(
            [self.programs / "postgres", "-D", data, "-p", self.database_port, "-c", "unix_socket_directories=",
             "-c", "max_connections=200", "-c", "shared_buffers=128MB"])
        self.started.append(self.database)
        until(lambda: self.sql("postgres", "SELECT 1") == "1")
        for service in SERVICES:
            self.sql("postgres", f"CREATE DATABASE {service}")

    def sql(self, database, statement):
        return subprocess.run(
            [self.programs / "psql", "-XAtc", statement, self.url(database)], capture_output=True, text=True).stdout.strip()

    def url(self, database):
        return f"postgres://tests@127.0.0.1:{self.database_port}/{database}?passfile={self.password_file}"

    def start(self, service, port, group=None):
        environment = self.environment | {"PORT": str(port), "DATABASE_URL": self.url(service)}
        process = subprocess.Popen(
            [self.executables / service], env=environment, cwd=self.folder, stdout=subprocess.DEVNULL,
            stderr=open(self.folder / f"{service}.log", "a"))
        self.started.append(process)
        until(lambda: status(f"http://127.0.0.1:{port}/readyz") == 200)
        if group:
            (group / "cgroup.procs").write_text(str(process.pid))
        return process

    def start_proxy(self, service, ports):
        servers = "\n".join(f"    server s{port} 127.0.0.1:{port}" for port in ports)
        file = self.folder / "haproxy.cfg"
        file.write_text(f"""defaults
    mode http
    timeout connect 2s
    timeout client 60s
    timeout server 60s
listen measured
    bind 127.0.0.1:{self.ports[service]}
    balance leastconn
{servers}
""")
        process = subprocess.Popen(["/usr/sbin/haproxy", "-db", "-f", file], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.started.append(process)
        until(lambda: status(f"http://127.0.0.1:{self.ports[service]}/readyz") == 200)
        return process

    def end(self, processes=None):
        for process in reversed(processes or self.started):
            if process.poll() is None:
                process.send_signal(signal.SIGINT if process is self.database else signal.SIGTERM)
        for process in reversed(processes or self.started):
            process.wait(20)

    def token(self, name):
        body = json.dumps({"grant_type": "password", "username": name, "password": PASSWORD}).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.ports['login']}/token", body, {"Content-Type": "application/json"})
        return json.load(urllib.request.urlopen(request))["access_token"]


def until(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            sys.exit("A process is not ready.")
        time.sleep(0.1)


def status(url):
    try:
        return urllib.request.urlopen(url, timeout=2).status
    except OSError:
        return 0


class Quota:
    """Control groups that give each process a share of a core; none without root."""

    def __init__(self):
        self.groups = []

    def group(self):
        if os.getuid() != 0 or not GROUP.parent.is_dir():
            return None
        group = GROUP.with_name(f"{GROUP.name}-{len(self.groups)}")
        group.mkdir(exist_ok=True)
        period = int((group / "cpu.cfs_period_us").read_text())
        (group / "cpu.cfs_quota_us").write_text(str(int(period * SHARE)))
        self.groups.append(group)
        return group

    def remove(self):
        for group in self.groups:
            group.rmdir()
        self.groups = []


def load(url, token, body, seconds, connections, folder):
    """Sends requests, and returns the number that succeeded in a second and the 99th percentile."""
    script = folder / "request.lua"
    lines = [f'wrk.headers["Authorization"] = "Bearer {token}"']
    if body:
        lines += ['wrk.method = "POST"', 'wrk.headers["Content-Type"] = "application/json"', f"wrk.body = '{body}'"]
    script.write_text("\n".join(lines))
    text = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", script, url], capture_output=True, text=True).stdout
    count, time_taken = re.search(r"(\d+) requests in ([\d.]+)s", text).groups()
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    failed = int(failed[1]) if failed else 0
    return (int(count) - failed) / float(time_taken), failed, re.search(r"99%\s+(\S+)", text)[1]


def measure(machine, service, path, body, token, count, seconds, limited):
    quota = Quota()
    ports = [free_port() for _ in range(count)]
    processes = [machine.start(service, port, quota.group() if limited else None) for port in ports]
    proxy = machine.start_proxy(service, ports)
    url = f"http://127.0.0.1:{machine.ports[service]}{path}"
    load(url, token, body, 1, 8 * count, machine.folder)
    database = lambda: cpu_seconds([machine.database.pid, *children(machine.database.pid)])
    before = [cpu_seconds([p.pid for p in processes]), cpu_seconds([proxy.pid]), database()]
    rate, failed, late = load(url, token, body, seconds, 8 * count, machine.folder)
    after = [cpu_seconds([p.pid for p in processes]), cpu_seconds([proxy.pid]), database()]
    connections = machine.sql("postgres", f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{service}'")
    machine.end([proxy, *processes])
    quota.remove()
    cores = [(b - a) / seconds for a, b in zip(before, after)]
    return rate, failed, late, cores, int(connections)


def table(machine, title, service, path, body, token, counts, seconds, limited):
    print(f"\n{title}\n\n| processes | requests a second | ratio | p99 | cores of the service | of HAProxy | of PostgreSQL "
          "| requests a second for each core of the service | of PostgreSQL | connections | failed |")
    print("| --- " * 11 + "|")
    first = None
    for count in counts:
        rate, failed, late, cores, connections = measure(machine, service, path, body, token, count, seconds, limited)
        first = first or rate
        print(f"| {count} | {rate:.0f} | {rate / first:.2f} | {late} | {cores[0]:.2f} | {cores[1]:.2f} | {cores[2]:.2f} "
              f"| {rate / max(cores[0], 0.01):.0f} | {rate / max(cores[2], 0.01):.0f} | {connections} | {failed} |", flush=True)


def counter_row(machine, seconds):
    print("\nThe counter row of the feed: revocations a second by sessions that append at the same time\n")
    print("| sessions | revocations a second | average time |\n| --- | --- | --- |")
    file = machine.folder / "append.sql"
    file.write_text(APPEND)
    for clients in [1, 2, 4, 8, 16, 32]:
        text = subprocess.run(
            [machine.programs / "pgbench", "-n", "-M", "prepared", "-f", file, f"-c{clients}", f"-j{min(clients, 2)}", f"-T{seconds}",
             machine.url("login")], capture_output=True, text=True).stdout
        rate = float(re.search(r"tps = ([\d.]+)", text)[1])
        late = float(re.search(r"latency average = ([\d.]+)", text)[1])
        print(f"| {clients} | {rate:.0f} | {late:.1f} ms |", flush=True)


def main():
    executables, seconds = pathlib.Path(sys.argv[1]).resolve(), int(sys.argv[2])
    folder = pathlib.Path(tempfile.mkdtemp(prefix="hallpass-scale-"))
    folder.chmod(0o755)
    machine = Machine(executables, folder)
    try:
        for service in ["login", "catalog"]:
            machine.start(service, machine.ports[service])
        token, staff = machine.token("alice"), machine.token("staff")
        product = json.load(urllib.request.urlopen(f"http://127.0.0.1:{machine.ports['catalog']}/products"))["products"][0]["id"]
        request = urllib.request.Request(
            f"http://127.0.0.1:{machine.ports['catalog']}/products/{product}", b'{"stock": 10000000}',
            {"Authorization": f"Bearer {staff}", "Content-Type": "application/json"}, method="PATCH")
        urllib.request.urlopen(request)
        limited = f"; each process of the service has {SHARE:g} cores" if os.getuid() == 0 else ""
        table(machine, f"Reading messages (inbox){limited}", "inbox", "/messages?limit=20", None, token, [1, 2, 4], seconds, True)
        table(machine, "Reading messages (inbox), with all cores", "inbox", "/messages?limit=20", None, token, [1, 2], seconds, False)
        machine.start("inbox", machine.ports["inbox"])
        order = json.dumps({"items": [{"product_id": product, "quantity": 1}]})
        table(machine, f"Checkouts (orders, which calls catalog){limited}", "orders", "/orders", order, token, [1, 2, 4], seconds, True)
        table(machine, "Checkouts, with all cores", "orders", "/orders", order, token, [1, 2], seconds, False)
        counter_row(machine, max(2, seconds // 2))
    finally:
        machine.end()
        shutil.rmtree(folder, ignore_errors=True)


main()
