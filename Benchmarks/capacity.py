"""Measures what a planner of capacity needs, with release builds on one core.

Starts the services with a new database on one core, and sends requests from another one. It prints for each operation the
requests a second, the CPU time, and the bytes and syncs that it writes to disk; and for each service its memory. Each of
many users has one session.
"""
import argparse
import asyncio
import base64
import contextlib
import hashlib
import json
import os
import pathlib
import re
import secrets
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
import uuid

PROJECT = pathlib.Path(__file__).resolve().parent.parent
SERVICES = ["login", "catalog", "orders", "inbox"]
PASSWORD = "correct horse battery staple"
DEMO_SECRET = "demo-secret-not-for-production"
FORM = "application/x-www-form-urlencoded"
USERS = 10_000
# The requests of each operation whose writes are counted: one at a time, and at once.
DISK_REQUESTS = 50
DISK_REQUESTS_AT_ONCE = 320
DISK_SIGN_INS = 24

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

    def database(self, name):
        """A connection to the database of a service."""
        return contextlib.closing(sqlite3.connect(self.folder / "data" / f"{name}.sqlite", timeout=30))

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
        return await self.response


class User:
    """A session of an account."""

    def __init__(self, refresh_token):
        self.refresh_token = refresh_token
        self.access_token = None

    async def refresh(self, connection):
        form = urllib.parse.urlencode({"grant_type": "refresh_token", "refresh_token": self.refresh_token})
        status, body = await connection.send("POST", "/token", [f"Content-Type: {FORM}"], form)
        if status == 200:
            tokens = json.loads(body)
            self.access_token, self.refresh_token = tokens["access_token"], tokens["refresh_token"]
        return status

    def bearer(self):
        return f"Authorization: Bearer {self.access_token}"


def add_users(cluster, count):
    """Copies the account and a session of alice, so that many users have sessions without as many password hashes."""
    with cluster.database("login") as connection, connection:
        connection.row_factory = sqlite3.Row
        [account] = connection.execute("SELECT * FROM accounts WHERE username = 'alice'")
        grants = connection.execute("SELECT * FROM grants WHERE account_id = ?", [account["id"]]).fetchall()
        [session] = connection.execute("SELECT * FROM sessions WHERE account_id = ? LIMIT 1", [account["id"]])
        [token] = connection.execute("SELECT * FROM refresh_tokens WHERE session_id = ? LIMIT 1", [session["id"]])

        def insert(table, row, **changes):
            values = dict(row) | changes
            connection.execute(
                f"INSERT INTO {table} ({', '.join(values)}) VALUES ({', '.join('?' * len(values))})", [*values.values()])

        users = []
        for _ in range(count):
            account_id, session_id, secret = str(uuid.uuid4()), str(uuid.uuid4()), secrets.token_bytes(32)
            insert("accounts", account, id=account_id, username=f"user-{account_id[:20]}")
            for grant in grants:
                insert("grants", grant, account_id=account_id)
            insert("sessions", session, id=session_id, account_id=account_id)
            insert("refresh_tokens", token, hash=hashlib.sha256(secret).digest(), session_id=session_id)
            users.append(User(base64.urlsafe_b64encode(secret).decode().rstrip("=")))
        connection.commit()
        # Otherwise, login copies these changes into the file, and they count as its writes.
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return users


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
        """The name, the service, the request and the connections of each operation."""
        return [
            ("sign-ins", "login", self.sign_in, 8),
            ("client credentials", "login", self.client_credentials, self.concurrency),
            ("refreshes", "login", self.refresh, self.concurrency),
            ("orders", "orders", self.order, self.concurrency),
            ("protected reads", "inbox", self.read, self.concurrency),
            ("logouts", "login", self.log_out, self.concurrency),
        ]

    def add_users(self):
        # A refresh token works once, so no two connections may have the same user.
        self.users = add_users(self.cluster, USERS // self.concurrency * self.concurrency)

    def user(self, worker, number):
        """The user of a request: another one for each request, until all users had one."""
        return self.users[(worker + number * self.concurrency) % len(self.users)]

    def signed_in_user(self, worker, number):
        """As `user`, but only those who have an access token."""
        if number == 0:
            self.signed_in = [user for user in self.users if user.access_token]
        return self.signed_in[(worker + number * self.concurrency) % len(self.signed_in)]

    async def sign_in(self, connection, worker, number):
        form = urllib.parse.urlencode({"grant_type": "password", "username": "alice", "password": PASSWORD})
        status, _ = await connection.send("POST", "/token", [f"Content-Type: {FORM}"], form)
        return status

    async def client_credentials(self, connection, worker, number):
        status, _ = await connection.send("POST", "/token", self.client_headers, "grant_type=client_credentials")
        return status

    async def refresh(self, connection, worker, number):
        return await self.user(worker, number).refresh(connection)

    async def read(self, connection, worker, number):
        headers = [self.signed_in_user(worker, number).bearer()]
        status, _ = await connection.send("GET", "/messages?limit=2", headers)
        return status

    async def order(self, connection, worker, number):
        body = json.dumps({"items": [{"product_id": self.product, "quantity": 1}]})
        headers = [
            self.signed_in_user(worker, number).bearer(), "Content-Type: application/json",
            f"Idempotency-Key: {worker}-{number}-{id(connection)}"]
        status, _ = await connection.send("POST", "/orders", headers, body)
        return status

    async def log_out(self, connection, worker, number):
        while self.users:
            user = self.users.pop()
            if user.access_token:
                status, _ = await connection.send("POST", "/logout", [user.bearer()])
                return status
        return None

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

        await asyncio.wait_for(asyncio.gather(*(work(*entry) for entry in enumerate(connections))), seconds + 60)
        if service == "orders":
            await self.deliver()
        elapsed = time.monotonic() - start
        for connection in connections:
            connection.transport.close()
        return count, elapsed

    async def deliver(self):
        """Waits until the messages about all orders are delivered."""
        with self.cluster.database("orders") as connection:
            while connection.execute("SELECT count(*) FROM outbox").fetchall() != [(0,)]:
                await asyncio.sleep(0.05)

    async def speeds(self):
        self.product = await create_product(self.cluster)
        rows = {}
        for name, service, request, concurrency in self.operations():
            seconds = max(self.seconds, 25) if name == "sign-ins" else self.seconds
            cpu, client_cpu = self.cluster.cpu_seconds(), time.process_time()
            count, elapsed = await self.run(service, request, concurrency, seconds)
            cpu, client_cpu = self.cluster.cpu_seconds() - cpu, time.process_time() - client_cpu
            rows[name] = {
                "requests": count, "per_second": round(count / elapsed, 1), "cpu_ms": round(cpu * 1000 / count, 3),
                "cpu_share": round(cpu / elapsed, 2), "client_share": round(client_cpu / elapsed, 2)}
            if name == "sign-ins":
                self.add_users()
        return rows

    async def writes(self, rows):
        """Adds what each operation writes, alone and with others at once."""
        self.add_users()
        for name, service, request, concurrency in self.operations():
            at_once = DISK_SIGN_INS if name == "sign-ins" else DISK_REQUESTS_AT_ONCE
            for key, connections, maximum in (("alone", 1, min(DISK_REQUESTS, at_once)), ("at_once", concurrency, at_once)):
                before = self.cluster.written_bytes(), self.cluster.syncs()
                count, _ = await self.run(service, request, connections, 60, maximum)
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
    print("| operation | a second | CPU time | share of the core | Keycloak, a second on one vCPU |")
    print("|---|---:|---:|---:|---:|")
    for name, row in report["operations"].items():
        # If the other core was busy, the services could carry more.
        bound = "at least " if row["client_share"] > 0.9 else ""
        print(f"| {name} | {bound}{row['per_second']:,.0f} | {row['cpu_ms']:.2f} ms | {row['cpu_share']:.0%} "
              f"| {KEYCLOAK.get(name, '')} |")
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
