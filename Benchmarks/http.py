"""Measures requests to the services over open connections. scripts/bench http runs it.

Each server runs on one core, and wrk on another. A figure is the median over rounds. A ratio is the CPU time to that of the first
row in the same round. CPU time is what the kernel counts for the processes of the servers, so other programs disturb it
less than they disturb requests a second.

Two rows are for comparison (Benchmarks/Sources/HTTPPeer): GET /messages of Hummingbird alone, with a fixed value and without
authentication; and the same work as inbox with Hummingbird, jwt-kit and GRDB, as one would write it.
"""

import argparse
import atexit
import base64
import hashlib
import hmac
import json
import os
import re
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

ROUNDS = 3
SECONDS = 4
CONNECTIONS = 32
SERVER_CORE, CLIENT_CORE = "0", "1"
SECRET = "0123456789abcdef0123456789ABCDEF"
ISSUER = "https://login.example"
ACCOUNT = "0b8f6d5e-6f0c-4f5e-9a3c-2f1f0a7f7c11"
# Each order adds a message to the inbox of its customer, so the reader of messages orders nothing.
CUSTOMER = "5d3c8a41-92be-4c07-b1de-6a4f0e8d2b95"
MESSAGE_IDS = ["019aa5e0-7b3c-7d21-9f04-3c5a8e1b6d02", "019aa5d1-02f8-7a64-8c1e-b7d94f20a5e3"]
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
FOLDER = tempfile.mkdtemp()
PORTS = {name: 18610 + index for index, name in enumerate(["catalog", "orders", "inbox", "peer"])}


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def token(audience, scope, secret=SECRET, account=ACCOUNT):
    now = int(time.time())
    claims = {
        "iss": ISSUER, "sub": account, "aud": [audience], "iat": now, "exp": now + 3600,
        "jti": "mZ3p0Q4vT5a1xK8nW2cBdA", "sid": "Wq9rYt6uLs3oPe1iNf7gHk", "username": "ada", "scope": scope,
    }
    parts = [{"alg": "HS256", "typ": "JWT"}, claims]
    text = ".".join(base64url(json.dumps(part, separators=(",", ":")).encode()) for part in parts)
    return text + "." + base64url(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest())


READER = token("inbox", "inbox:read")
FORGED = token("inbox", "inbox:read", SECRET.lower())


class Server:
    """A process on the core of the servers, until it is stopped."""

    def __init__(self, command, port, environment):
        common = {
            "PATH": os.environ["PATH"], "PORT": str(port), "JWT_SECRET": SECRET, "JWT_ISSUER": ISSUER,
            # Nothing listens there: the services run without login.
            "LOGIN_URL": "http://127.0.0.1:9",
        }
        log_path = f"{FOLDER}/log"
        with open(log_path, "a") as log:
            self.process = subprocess.Popen(
                ["taskset", "-c", SERVER_CORE, *command], env=common | environment, stdout=log, stderr=log)
        # A program that ends early leaves no server on the port.
        atexit.register(self.process.kill)
        for _ in range(400):
            if self.process.poll() is not None:
                sys.exit(f"{command[0]} ended during its start: {open(log_path).read()[-2000:]}")
            try:
                socket.create_connection(("127.0.0.1", port), 0.2).close()
                return
            except OSError:
                time.sleep(0.05)
        sys.exit(f"{command[0]} does not listen on port {port}")

    def cpu_seconds(self):
        """User and system time (proc_pid_stat(5))."""
        fields = open(f"/proc/{self.process.pid}/stat").read().rsplit(") ", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)


def service(name):
    database = {"DATABASE_URL": f"sqlite:{FOLDER}/{name}.sqlite", "DEMO_DATA": "on"}
    calls = {f"{other.upper()}_URL": f"http://127.0.0.1:{PORTS[other]}" for other in ("catalog", "inbox")}
    return Server([f".build/release/{name}"], PORTS[name], database | calls)


def peer(row):
    return Server(
        ["Benchmarks/.build/release/HTTPPeer", row], PORTS["peer"], {"DATABASE_FILE": f"{FOLDER}/inbox.sqlite"})


def check_messages(port, rejects_forged=True):
    """Ends the program unless GET /messages returns the messages to a good token, and 401 to a bad one."""
    for bearer, expected in [(READER, 200), (FORGED, 401 if rejects_forged else 200)]:
        text = subprocess.run(
            ["curl", "--disable", "--noproxy", "*", "--silent", "--max-time", "10", "--write-out", "\n%{http_code}",
             "--header", f"Authorization: Bearer {bearer}", f"http://127.0.0.1:{port}/messages"],
            stdout=subprocess.PIPE, text=True, check=True).stdout
        body, status = text.rsplit("\n", 1)
        status = int(status)
        ids = [message["id"] for message in json.loads(body)["messages"]] if status == 200 else MESSAGE_IDS
        if status != expected or ids != MESSAGE_IDS:
            sys.exit(f"GET /messages on port {port} responds with {status} instead of {expected}, or other messages: {body[:400]}")


def load(port, path, authorization=None, body=None, status=200, seconds=SECONDS):
    """Sends requests, and returns how many there were, and how many a second. Ends the program if a response has another status."""
    script = f"{FOLDER}/wrk.lua"
    with open(script, "w") as file:
        if authorization:
            file.write(f'wrk.headers["Authorization"] = "Bearer {authorization}"\n')
        if body:
            file.write(f"wrk.method = \"POST\"\nwrk.body = '{body}'\nwrk.headers[\"Content-Type\"] = \"application/json\"\n")
        file.write(
            f"function response(status) if status ~= {status} then other = status end end\n"
            "function setup(thread) client = thread end\n"
            "function done() io.write('other ' .. tostring(client:get('other')) .. '\\n') end\n")
    text = subprocess.run(
        ["taskset", "-c", CLIENT_CORE, "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", script,
         f"http://127.0.0.1:{port}{path}"], stdout=subprocess.PIPE, text=True, check=True).stdout
    other = re.search(r"^other (\S+)", text, re.M)[1]
    if other != "nil":
        sys.exit(f"{path} responds with {other} instead of {status}")
    return int(re.search(r"(\d+) requests in", text)[1]), float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1])


def measure(servers, *request, **options):
    load(*request, **options, seconds=1)
    before = sum(server.cpu_seconds() for server in servers)
    count, rate = load(*request, **options)
    seconds = sum(server.cpu_seconds() for server in servers) - before
    return {"requests_per_second": rate, "cpu_us": seconds / count * 1e6}


def prepare():
    """Lets inbox and catalog create their databases, and fills them. Returns the id of a product."""
    for name in ("inbox", "catalog"):
        service(name).stop()
    inbox = sqlite3.connect(f"{FOLDER}/inbox.sqlite")
    with inbox:
        inbox.executemany(
            "INSERT INTO messages (account, id, subject, body, created_at, read_at) VALUES (?, ?, ?, ?, ?, ?)",
            [(ACCOUNT, MESSAGE_IDS[0], "Order placed", "2 lamps, 1 chair", 1763717400123, None),
             (ACCOUNT, MESSAGE_IDS[1], "Welcome", "Good to have you", 1763716380456, 1763716400000)])
    inbox.close()
    catalog = sqlite3.connect(f"{FOLDER}/catalog.sqlite")
    with catalog:
        catalog.execute("UPDATE products SET stock = 1000000000")
    product = catalog.execute("SELECT id FROM products LIMIT 1").fetchone()[0]
    catalog.close()
    return product


def one_round(product):
    rows = {}
    server = peer("bare")
    check_messages(PORTS["peer"], rejects_forged=False)
    rows["Hummingbird alone: GET /messages"] = measure([server], PORTS["peer"], "/messages", READER)
    server.stop()
    server = peer("jwt-kit")
    check_messages(PORTS["peer"])
    rows["Hummingbird, jwt-kit, GRDB: GET /messages"] = measure([server], PORTS["peer"], "/messages", READER)
    server.stop()
    inbox = service("inbox")
    check_messages(PORTS["inbox"])
    rows["inbox: GET /healthz"] = measure([inbox], PORTS["inbox"], "/healthz")
    rows["inbox: GET /messages, wrong signature: 401"] = measure(
        [inbox], PORTS["inbox"], "/messages", FORGED, status=401)
    rows["inbox: GET /messages"] = measure([inbox], PORTS["inbox"], "/messages", READER)
    catalog = service("catalog")
    rows["catalog: GET /products"] = measure([catalog], PORTS["catalog"], "/products")
    orders = service("orders")
    rows["orders, catalog, inbox: POST /orders"] = measure(
        [orders, catalog, inbox], PORTS["orders"], "/orders", token("orders", "orders:write orders:read", account=CUSTOMER),
        json.dumps({"items": [{"product_id": product, "quantity": 1}]}), 201)
    for server in (orders, catalog, inbox):
        server.stop()
    return rows


def main():
    parser = argparse.ArgumentParser(
        prog="scripts/bench http", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print each row as a JSON object")
    prints_json = parser.parse_args().json
    product = prepare()
    rounds = [one_round(product) for _ in range(ROUNDS)]
    base = next(iter(rounds[0]))
    if not prints_json:
        print(f"{'request':50}{'req/s':>8}{'CPU':>10}{'ratio':>7}")
    for name in rounds[0]:
        rate = statistics.median(each[name]["requests_per_second"] for each in rounds)
        cpu = statistics.median(each[name]["cpu_us"] for each in rounds)
        ratio = statistics.median(each[name]["cpu_us"] / each[base]["cpu_us"] for each in rounds)
        if prints_json:
            print(json.dumps({
                "benchmark": name, "requests_per_second": round(rate), "cpu_us_per_request": round(cpu, 1),
                "ratio_to_first": round(ratio, 2)}))
        else:
            print(f"{name:50}{rate:8.0f}{cpu:7.0f} µs{ratio:7.2f}")


main()
