"""Measures what a planner of capacity needs, with release builds on one core.

Starts the services with a new database on one core, and sends requests from another one. It prints for each operation the
requests a second, the CPU time, and the bytes and syncs that it writes to disk; and for each service its memory.
"""
import argparse
import asyncio
import base64
import json
import os
import pathlib
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

PROJECT = pathlib.Path(__file__).resolve().parent.parent
SERVICES = ["login", "catalog", "orders", "inbox"]
PASSWORD = "correct horse battery staple"
DEMO_SECRET = "demo-secret-not-for-production"
FORM = "application/x-www-form-urlencoded"
DISK_REQUESTS = 50

# Keycloak's sizing guide, https://www.keycloak.org/high-availability/single-cluster/concepts-memory-and-cpu-sizing: a vCPU
# for each of these a second, and the memory of one instance with its caches.
KEYCLOAK = {"sign-ins": 15, "client credentials": 120, "refreshes": 120}
KEYCLOAK_MB = 1250


class Failure(Exception):
    """A sentence that says why nothing can be measured."""


class Cluster:
    """The services as processes on one core."""

    def __init__(self, folder, core):
        self.folder = folder
        self.core = core
        self.ports = {name: free_port() for name in SERVICES}
        self.secret = secrets.token_urlsafe(48)
        self.processes = {}

    def start(self, traced=False):
        """Starts the services. With `traced`, strace writes their syncs to files."""
        urls = {name: f"http://127.0.0.1:{port}" for name, port in self.ports.items()}
        environment = {
            "PATH": os.environ["PATH"], "JWT_SECRET": self.secret, "DEMO_DATA": "on", "LOG_LEVEL": "warning",
            "LOGIN_URL": urls["login"], "CATALOG_URL": urls["catalog"], "INBOX_URL": urls["inbox"],
            "MAX_CONNECTIONS_PER_NETWORK": "12000",
        }
        for name in SERVICES:
            tracer = ["strace", "-D", "--seccomp-bpf", "-f", "-qq", "-e", "trace=fsync,fdatasync", "-o", self.trace(name)]
            with open(self.folder / f"{name}.log", "ab") as log:
                self.processes[name] = subprocess.Popen(
                    (tracer if traced else []) + [PROJECT / ".build/release" / name],
                    cwd=self.folder, env=environment | {"PORT": str(self.ports[name])}, stdout=log, stderr=log,
                    preexec_fn=lambda: os.sched_setaffinity(0, {self.core}))
        for name in SERVICES:
            self.wait_until_ready(name)

    def trace(self, name):
        return self.folder / f"{name}.syncs"

    def wait_until_ready(self, name):
        for _ in range(600):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.ports[name]}/readyz", timeout=5).close()
                return
            except OSError:
                if self.processes[name].poll() is not None:
                    raise Failure(f"{name} ended:\n{(self.folder / f'{name}.log').read_text()[-1000:]}") from None
                time.sleep(0.1)
        raise Failure(f"{name} is not ready after a minute.")

    def stop(self):
        for process in self.processes.values():
            process.send_signal(signal.SIGTERM)
        for process in self.processes.values():
            process.wait()
        self.processes = {}

    def cpu_seconds(self):
        # The clock of the CPU time of a process (clock_getcpuclockid(3)).
        return sum(time.clock_gettime(~process.pid << 3 | 2) for process in self.processes.values())

    def written_bytes(self):
        return sum(
            int(re.search(r"^write_bytes: (\d+)", pathlib.Path(f"/proc/{process.pid}/io").read_text(), re.M)[1])
            for process in self.processes.values())

    def syncs(self):
        return sum(self.trace(name).read_text().count("sync(") for name in SERVICES if self.trace(name).exists())


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Connection(asyncio.Protocol):
    """A keep-alive connection that makes one request at a time."""

    def __init__(self):
        self.received = b""
        self.response = None

    def connection_made(self, transport):
        self.transport = transport

    def connection_lost(self, error):
        if self.response and not self.response.done():
            self.response.set_exception(ConnectionError("The service closed the connection."))

    def data_received(self, data):
        self.received += data
        end = self.received.find(b"\r\n\r\n")
        if end < 0:
            return
        length = re.search(rb"\r\ncontent-length: *(\d+)", self.received[:end].lower())
        rest = self.received[end + 4:]
        if len(rest) < (int(length[1]) if length else 0):
            return
        response, self.received = (int(self.received[9:12]), rest), b""
        if not self.response.done():
            self.response.set_result(response)

    async def send(self, method, path, headers=(), body=""):
        lines = [f"{method} {path} HTTP/1.1", "Host: localhost", *headers]
        if method == "POST":
            lines.append(f"Content-Length: {len(body)}")
        self.response = asyncio.get_running_loop().create_future()
        self.transport.write(("\r\n".join(lines) + "\r\n\r\n" + body).encode())
        return await asyncio.wait_for(self.response, 30)


class User:
    """A session of the demo account alice."""

    def __init__(self):
        self.access_token = self.refresh_token = None

    def keep(self, response):
        status, body = response
        if status == 200:
            tokens = json.loads(body)
            self.access_token, self.refresh_token = tokens["access_token"], tokens["refresh_token"]
        return status

    async def sign_in(self, connection):
        form = urllib.parse.urlencode({"grant_type": "password", "username": "alice", "password": PASSWORD})
        return self.keep(await connection.send("POST", "/token", [f"Content-Type: {FORM}"], form))

    async def refresh(self, connection):
        form = urllib.parse.urlencode({"grant_type": "refresh_token", "refresh_token": self.refresh_token})
        return self.keep(await connection.send("POST", "/token", [f"Content-Type: {FORM}"], form))

    def bearer(self):
        return f"Authorization: Bearer {self.access_token}"


class Measurement:
    """The operations on a cluster, one after the other."""

    def __init__(self, cluster, seconds, concurrency):
        self.cluster = cluster
        self.seconds = seconds
        self.concurrency = concurrency
        self.users = []
        self.product = None
        basic = base64.b64encode(f"demo-job:{DEMO_SECRET}".encode()).decode()
        self.client_headers = [f"Authorization: Basic {basic}", f"Content-Type: {FORM}"]

    def operations(self):
        """The name, the service, and the request of each operation. Later ones use the users that the first signs in."""
        return [
            ("sign-ins", "login", self.sign_in, 8),
            ("client credentials", "login", self.client_credentials, self.concurrency),
            ("refreshes", "login", self.refresh, self.concurrency),
            ("protected reads", "inbox", self.read, self.concurrency),
            ("orders", "orders", self.order, self.concurrency),
            ("logouts", "login", self.log_out, self.concurrency),
        ]

    async def sign_in(self, connection, worker, number):
        user = User()
        status = await user.sign_in(connection)
        if status == 200:
            self.users.append(user)
        return status

    async def client_credentials(self, connection, worker, number):
        status, _ = await connection.send("POST", "/token", self.client_headers, "grant_type=client_credentials")
        return status

    async def refresh(self, connection, worker, number):
        # A refresh token works once, so each worker has its sessions.
        users = self.users[worker::self.concurrency]
        return await users[number % len(users)].refresh(connection) if users else None

    async def read(self, connection, worker, number):
        status, _ = await connection.send("GET", "/messages?limit=2", [self.users[worker % len(self.users)].bearer()])
        return status

    async def order(self, connection, worker, number):
        body = json.dumps({"items": [{"product_id": self.product, "quantity": 1}]})
        headers = [
            self.users[worker % len(self.users)].bearer(), "Content-Type: application/json",
            f"Idempotency-Key: {worker}-{number}-{id(connection)}"]
        status, _ = await connection.send("POST", "/orders", headers, body)
        return status

    async def log_out(self, connection, worker, number):
        if not self.users:
            return None
        status, _ = await connection.send("POST", "/logout", [self.users.pop().bearer()])
        return status

    async def run(self, service, request, concurrency, seconds, maximum=None):
        """Sends requests over `concurrency` connections. Returns their number, and the seconds that they took."""
        loop = asyncio.get_running_loop()
        port = self.cluster.ports[service]
        # Login slows down attempts from one address, so each connection has another one.
        connections = [
            (await loop.create_connection(Connection, "127.0.0.1", port, local_addr=(f"127.0.2.{worker + 1}", 0)))[1]
            for worker in range(concurrency)]
        start, count = time.monotonic(), 0

        async def work(worker, connection):
            nonlocal count
            number = 0
            while time.monotonic() - start < seconds and (maximum is None or number < maximum // concurrency):
                status = await request(connection, worker, number)
                if status is None:
                    return
                if status not in (200, 201, 204):
                    raise Failure(f"A request of {request.__name__} got {status}.")
                number, count = number + 1, count + 1

        await asyncio.gather(*(work(*entry) for entry in enumerate(connections)))
        elapsed = time.monotonic() - start
        for connection in connections:
            connection.transport.close()
        return count, elapsed

    async def speeds(self):
        self.product = await create_product(self.cluster)
        rows = {}
        for name, service, request, concurrency in self.operations():
            seconds = max(self.seconds, 25) if name == "sign-ins" else self.seconds
            cpu = self.cluster.cpu_seconds()
            count, elapsed = await self.run(service, request, concurrency, seconds)
            cpu = self.cluster.cpu_seconds() - cpu
            rows[name] = {"requests": count, "per_second": round(count / elapsed, 1), "cpu_ms": round(cpu * 1000 / count, 3)}
        return rows

    async def writes(self, rows):
        """Adds what each operation writes, alone and with others at once."""
        for name, service, request, concurrency in self.operations():
            for key, at_once in (("alone", 1), ("at_once", concurrency)):
                # Few sessions are left for the logouts at once.
                maximum = DISK_REQUESTS if name != "sign-ins" else 24
                if name == "logouts":
                    maximum = 12
                before = self.cluster.written_bytes(), self.cluster.syncs()
                count, _ = await self.run(service, request, min(at_once, maximum), 60, maximum)
                await asyncio.sleep(0.3)  # strace writes its lines later than the service responds.
                after = self.cluster.written_bytes(), self.cluster.syncs()
                rows[name][f"written_bytes_{key}"] = (after[0] - before[0]) // count
                rows[name][f"syncs_{key}"] = round((after[1] - before[1]) / count, 2)


async def create_product(cluster):
    loop = asyncio.get_running_loop()
    _, login = await loop.create_connection(Connection, "127.0.0.1", cluster.ports["login"])
    form = urllib.parse.urlencode(
        {"grant_type": "password", "username": "staff", "password": PASSWORD, "scope": "catalog:write"})
    status, body = await login.send("POST", "/token", [f"Content-Type: {FORM}"], form)
    token = json.loads(body)["access_token"]
    _, catalog = await loop.create_connection(Connection, "127.0.0.1", cluster.ports["catalog"])
    status, body = await catalog.send(
        "POST", "/products", [f"Authorization: Bearer {token}", "Content-Type: application/json"],
        json.dumps({"name": "Capacity", "price_cents": 100, "stock": 1_000_000_000}))
    if status != 201:
        raise Failure(f"The product cannot be created: {status}.")
    return json.loads(body)["id"]


def memory(cluster, connections, core):
    """The memory of each service at rest and with idle connections."""
    result = {}
    for name in SERVICES:
        output = subprocess.run(
            ["taskset", "-c", str(core), sys.executable, PROJECT / "Benchmarks/idle.py", str(cluster.ports[name]),
             str(cluster.processes[name].pid), str(connections)], check=True, capture_output=True, text=True)
        result[name] = json.loads(output.stdout)
    return result


def print_tables(report):
    print("| operation | a second on one core | CPU time | Keycloak, a second on one vCPU |")
    print("|---|---:|---:|---:|")
    for name, row in report["operations"].items():
        print(f"| {name} | {row['per_second']:,.0f} | {row['cpu_ms']:.2f} ms | {KEYCLOAK.get(name, '')} |")
    print("\n| operation | written, one at a time | syncs | written, at once | syncs |")
    print("|---|---:|---:|---:|---:|")
    for name, row in report["operations"].items():
        print(f"| {name} | {row['written_bytes_alone']:,} bytes | {row['syncs_alone']} "
              f"| {row['written_bytes_at_once']:,} bytes | {row['syncs_at_once']} |")
    count = next(iter(report["memory"].values()))["connections"]
    print(f"\n| service | at rest | with {count:,} idle connections | each | p99 of others |")
    print("|---|---:|---:|---:|---:|")
    for name, row in report["memory"].items():
        print(f"| {name} | {row['mb_at_rest']} MB | {row['mb_with_connections']} MB | {row['bytes_each']:,} bytes "
              f"| {row['p99_ms_with_connections']} ms |")
    print(f"| Keycloak | {KEYCLOAK_MB:,} MB | | | |")


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench capacity", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of tables")
    parser.add_argument("--seconds", type=int, default=8, help="how long to send requests of each operation (default 8)")
    parser.add_argument("--concurrency", type=int, default=32, help="connections that send at once (default 32)")
    parser.add_argument("--connections", type=int, default=10_000, help="idle connections of each service (default 10000)")
    options = parser.parse_args()
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        raise Failure("This needs two cores: one for the services, one for the requests.")
    os.sched_setaffinity(0, {cores[1]})

    folder = pathlib.Path(tempfile.mkdtemp(prefix="capacity-", dir=PROJECT / ".build"))
    cluster = Cluster(folder, cores[0])
    try:
        cluster.start()
        measurement = Measurement(cluster, options.seconds, options.concurrency)
        report = {"memory": memory(cluster, options.connections, cores[1])}
        report["operations"] = asyncio.run(measurement.speeds())
        cluster.stop()
        cluster.start(traced=True)
        asyncio.run(measurement.writes(report["operations"]))
    finally:
        cluster.stop()
        shutil.rmtree(folder)
    if options.json:
        print(json.dumps(report, indent=2))
    else:
        print_tables(report)


try:
    main()
except Failure as failure:
    sys.exit(str(failure))
