"""Measures the four mechanisms of the service compare on the same resource, on a cluster that it starts itself.

The arguments are the folder of the executables, the folder for the results, and `--short` for few requests and no
plots. It prints a table and writes comparison.json. Each number of requests a second a core is the number of requests
divided by the processor time that compare and login used, so the speed of this program has no influence on it.
"""

import argparse
import base64
import collections
import http.client
import json
import os
import pathlib
import re
import secrets
import shutil
import signal
import socket
import sqlite3
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import uuid

MECHANISMS = ["basic", "session", "token", "jwt"]
PASSWORD = "correct horse battery staple"
CLOCK_TICKS = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Process:
    """A service of the cluster."""

    def __init__(self, cluster, name, number=0):
        self.port = free_port()
        self.folder = cluster.folder / f"{name}{number}"
        self.folder.mkdir()
        self.database = self.folder / f"{name}.sqlite"
        self.statements = self.folder / "statements"
        self.command = [str(cluster.executables / name)]
        self.environment = {
            "PATH": "/usr/bin:/bin", "PORT": str(self.port), "DATABASE_URL": f"sqlite:{self.database}",
            "JWT_KEYS_FILE": str(cluster.folder / "jwt.json"), "LOG_LEVEL": "error", "DEMO_DATA": "on",
            "TOKEN_AUDIENCES": "login compare", "SESSION_READERS": "compare", "PASSWORD_CHECKS": "on",
            "ACCESS_TOKEN_TTL": "3600",
        }
        if cluster.counter:
            self.environment |= {"LD_PRELOAD": str(cluster.counter), "STATEMENTS_FILE": str(self.statements)}
        if cluster.login:
            self.environment["LOGIN_URL"] = f"http://127.0.0.1:{cluster.login.port}"
        self.process = None

    def start(self):
        """Starts the service and returns the seconds until it was ready."""
        start = time.monotonic()
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                self.command, env=self.environment, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        while True:
            if self.process.poll() is not None:
                sys.exit(f"{self.command[0]} ended:\n{(self.folder / 'log').read_text()[-2000:]}")
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
                connection.request("GET", "/readyz")
                if connection.getresponse().status == 200:
                    return time.monotonic() - start
            except OSError:
                time.sleep(0.002)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
            self.process.wait()

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / CLOCK_TICKS

    def memory_bytes(self):
        return int(pathlib.Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]) * PAGE_BYTES

    def reads(self):
        """The number of queries since the start; 0 without the counter."""
        return struct.unpack("q", self.statements.read_bytes())[0] if self.statements.exists() else 0


class Cluster:
    """Login and one or more replicas of compare, in a temporary folder."""

    def __init__(self, executables, replicas=1):
        self.executables = executables.resolve()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="comparison-"))
        self.counter = self.build_counter()
        self.login = None
        subprocess.run(
            [self.executables / "jwt", "keys", "new", "--file", self.folder / "jwt.json"], check=True,
            stdout=subprocess.DEVNULL)
        self.login = Process(self, "login")
        self.compare = [Process(self, "compare", number) for number in range(replicas)]

    def __enter__(self):
        self.start_seconds = self.login.start()
        for process in self.compare:
            process.start()
        return self

    def __exit__(self, *_):
        for process in [*self.compare, self.login]:
            process.stop()
        shutil.rmtree(self.folder)

    def build_counter(self):
        """The library that counts queries; None without a C compiler."""
        compiler = shutil.which("cc") or shutil.which("clang")
        if not compiler:
            return None
        library = self.folder / "statements.so"
        source = pathlib.Path(__file__).with_name("statements.c")
        subprocess.run([compiler, "-O2", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
        return library

    def send(self, method, path, body=None, headers=None):
        """Sends a request to login and returns the response with its body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.login.port, timeout=30)
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        response.text = response.read().decode()
        connection.close()
        return response

    def access_token(self):
        form = urllib.parse.urlencode({"grant_type": "password", "username": "alice", "password": PASSWORD})
        response = self.send("POST", "/token", form, {"Content-Type": "application/x-www-form-urlencoded"})
        return json.loads(response.text)["access_token"]

    def session_cookie(self):
        page = self.send("GET", "/login")
        cookie = page.getheader("Set-Cookie").split(";")[0]
        form = {
            "form_token": re.search(r'name="form_token" value="([^"]+)"', page.text)[1], "username": "alice",
            "password": PASSWORD,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie}
        response = self.send("POST", "/login", urllib.parse.urlencode(form), headers)
        return response.getheader("Set-Cookie").split(";")[0]

    def credentials(self):
        """The header field of each mechanism."""
        access_token = self.access_token()
        headers = {"Authorization": f"Bearer {access_token}", "Content-Type": "application/json"}
        created = self.send("POST", "/api-tokens", json.dumps({"name": "comparison"}), headers)
        basic = base64.b64encode(f"alice:{PASSWORD}".encode()).decode()
        return {
            "basic": ("Authorization", f"Basic {basic}"), "session": ("Cookie", self.session_cookie()),
            "token": ("Authorization", f"Token {json.loads(created.text)['token']}"),
            "jwt": ("Authorization", f"Bearer {access_token}"),
        }


class Load:
    """Requests of several clients for a time, and what they cost."""

    def __init__(self, cluster, mechanism, field, seconds, clients=4, maximum=None):
        self.statuses = collections.Counter()
        self.milliseconds, self.authentication, self.calls = [], [], []
        self.maximum = maximum
        processes = [*cluster.compare, cluster.login]
        before = [(process.cpu_seconds(), process.reads()) for process in processes]
        start = time.monotonic()
        threads = [
            threading.Thread(target=self.run, args=(cluster, number, mechanism, field, start + seconds))
            for number in range(clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.seconds = time.monotonic() - start
        after = [(process.cpu_seconds(), process.reads()) for process in processes]
        self.cpu = [late[0] - early[0] for early, late in zip(before, after)]
        self.reads = [late[1] - early[1] for early, late in zip(before, after)]

    def run(self, cluster, number, mechanism, field, end):
        connection = http.client.HTTPConnection("127.0.0.1", cluster.compare[number % len(cluster.compare)].port)
        while time.monotonic() < end and (self.maximum is None or len(self.milliseconds) < self.maximum):
            start = time.monotonic()
            connection.request("GET", f"/{mechanism}/notes", headers=dict([field]))
            response = connection.getresponse()
            response.read()
            self.milliseconds.append((time.monotonic() - start) * 1000)
            self.statuses[response.status] += 1
            timing = re.match(r'auth;dur=([\d.]+), login;dur=[\d.]+;desc="(\d+)"', response.getheader("Server-Timing"))
            self.authentication.append(float(timing[1]))
            self.calls.append(int(timing[2]))
            if response.getheader("Connection") == "close":
                connection.close()

    def percentile(self, part):
        ordered = sorted(self.milliseconds)
        return ordered[min(len(ordered) - 1, int(part * len(ordered)))]

    def summary(self):
        count = len(self.milliseconds)
        cpu = sum(self.cpu)
        return {
            "requests": count, "statuses": dict(self.statuses), "per_second": round(count / self.seconds),
            "per_second_a_core": round(count / cpu) if cpu else None, "p50_ms": round(self.percentile(0.5), 2),
            "p99_ms": round(self.percentile(0.99), 2),
            "authentication_us": round(statistics.median(self.authentication) * 1000),
            "cpu_us_of_compare": round(sum(self.cpu[:-1]) / count * 1e6),
            "cpu_us_of_login": round(self.cpu[-1] / count * 1e6), "calls_of_login": sum(self.calls) / count,
            # Login also reads its revocation log now and then, without a request.
            "reads_of_login": round(self.reads[-1] / count, 1),
            "reads_of_compare": round(sum(self.reads[:-1]) / count, 1),
        }


def add_users(cluster, count):
    """Adds accounts with a session of a browser and an API token each, straight to the database of login."""
    now = int(time.time() * 1000)
    database = sqlite3.connect(cluster.login.database, timeout=30)
    rows = []
    for _ in range(count):
        account, session = str(uuid.uuid4()), str(uuid.uuid4())
        rows.append((account, session, secrets.token_bytes(32), secrets.token_bytes(32)))
    with database:
        database.executemany(
            "INSERT INTO accounts (id, username, password, created_at) VALUES (?, ?, '', ?)",
            ((account, account[:32], now) for account, *_ in rows))
        database.executemany(
            "INSERT INTO sessions (id, account_id, scope, audience, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)",
            ((session, account, "orders:read", "login compare", now, now + 10**9) for account, session, *_ in rows))
        database.executemany(
            "INSERT INTO browser_keys (hash, session_id) VALUES (?, ?)",
            ((key, session) for _, session, key, _ in rows))
        database.executemany(
            "INSERT INTO api_tokens (id, account_id, hash, name, scope, created_at) VALUES (?, ?, ?, 'x', '', ?)",
            ((session, account, key, now) for account, session, _, key in rows))
    database.close()


def add_revocations(cluster, count):
    """Adds revocations of sessions to the log of login, and waits until compare has them."""
    expiry = int(time.time() * 1000) + 10**7
    database = sqlite3.connect(cluster.login.database, timeout=30)
    with database:
        first = database.execute("SELECT seq FROM feed").fetchone()[0] + 1
        database.executemany(
            "INSERT INTO revocations (seq, kind, subject, expires_at) VALUES (?, 'session', ?, ?)",
            ((number, str(uuid.uuid4()), expiry) for number in range(first, first + count)))
        database.execute("UPDATE feed SET seq = ?", (first + count - 1,))
    database.close()
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", cluster.compare[0].port)
        connection.request("GET", "/metrics")
        entries = re.search(r"^revocations_entries (\d+)", connection.getresponse().read().decode(), re.MULTILINE)
        if entries and int(entries[1]) >= count:
            return
        time.sleep(0.1)


def measure_outage(cluster, credentials):
    """The status and the milliseconds of a request of each mechanism while login is frozen, and while it is dead."""
    result = {}
    for state, signal_number in [("frozen", signal.SIGSTOP), ("dead", signal.SIGKILL)]:
        cluster.login.process.send_signal(signal_number)
        time.sleep(0.2)
        for mechanism in MECHANISMS:
            load = Load(cluster, mechanism, credentials[mechanism], 60, clients=1, maximum=1)
            result.setdefault(mechanism, {})[state] = {
                "status": next(iter(load.statuses)), "milliseconds": round(load.milliseconds[0])}
    return result


def measure_sizes(access_token, key_file):
    """The bytes of our token, of the same token with the usual claims of OAuth servers, and of an opaque one."""
    header, payload, _ = access_token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    # The claims that Spring Security OAuth and Keycloak add to those that ours has.
    usual = claims | {
        "user_name": claims["username"], "authorities": ["ROLE_USER", "ROLE_CUSTOMER"], "client_id": "demo-web",
        "ati": str(uuid.uuid4()), "azp": "demo-web", "typ": "Bearer", "session_state": claims["sid"],
        "realm_access": {"roles": ["offline_access", "uma_authorization"]}, "email_verified": True,
        "preferred_username": claims["username"], "scopes": claims["scope"].split(),
    }
    encoded = base64.urlsafe_b64encode(json.dumps(usual, separators=(",", ":")).encode()).rstrip(b"=")
    return {"jwt": len(access_token), "jwt_with_usual_claims": len(header) + 1 + len(encoded) + 44, "opaque": 40}


def first_token_seconds(executables):
    """The seconds from the start of login with an empty folder to its first token."""
    start = time.monotonic()
    with Cluster(executables, replicas=0) as cluster:
        cluster.access_token()
        return round(time.monotonic() - start, 2)


def measure(executables, short):
    seconds = 0.3 if short else 8
    result = {"mechanisms": {}, "users": {}, "replicas": {}, "revocations": {}}
    with Cluster(executables) as cluster:
        credentials = cluster.credentials()
        result["bytes"] = measure_sizes(credentials["jwt"][1].split()[1], cluster.folder / "jwt.json")
        for mechanism in MECHANISMS:
            field = credentials[mechanism]
            Load(cluster, mechanism, field, seconds / 4)
            result["mechanisms"][mechanism] = Load(cluster, mechanism, field, seconds).summary() | {
                "credential_bytes": len(": ".join(field))}
        known = 0
        for count in [10] if short else [100, 10_000, 1_000_000]:
            before = (cluster.login.memory_bytes(), cluster.login.database.stat().st_size)
            add_users(cluster, count - known)
            loads = {
                mechanism: Load(cluster, mechanism, credentials[mechanism], seconds / 2).summary()
                for mechanism in MECHANISMS[1:]}
            after = (cluster.login.memory_bytes(), cluster.login.database.stat().st_size)
            result["users"][count] = loads | {
                "memory_of_login_a_user": round((after[0] - before[0]) / (count - known)),
                "disk_of_login_a_user": round((after[1] - before[1]) / (count - known))}
            known = count
        for count in [0, 10] if short else [0, 1000, 100_000]:
            before = cluster.compare[0].memory_bytes()
            if count:
                add_revocations(cluster, count)
            load = Load(cluster, "jwt", credentials["jwt"], seconds / 2).summary()
            result["revocations"][count] = {
                "authentication_us": load["authentication_us"], "cpu_us_of_compare": load["cpu_us_of_compare"],
                "memory_bytes": cluster.compare[0].memory_bytes() - before}
        result["outage"] = measure_outage(cluster, credentials)
    for replicas in [2] if short else [1, 2, 4]:
        with Cluster(executables, replicas) as cluster:
            credentials = cluster.credentials()
            result["replicas"][replicas] = {
                mechanism: Load(cluster, mechanism, credentials[mechanism], seconds / 2, clients=2 * replicas).summary()
                for mechanism in MECHANISMS[1:]}
    result["first_token_seconds"] = first_token_seconds(executables)
    return result


def table(result):
    """The measurements of the four mechanisms as a table in Markdown."""
    rows = [
        ("requests a second a core", "per_second_a_core"), ("p50, ms", "p50_ms"), ("p99, ms", "p99_ms"),
        ("authentication, µs (median)", "authentication_us"), ("processor time of compare, µs", "cpu_us_of_compare"),
        ("processor time of login, µs", "cpu_us_of_login"), ("calls of login", "calls_of_login"),
        ("queries of login's database", "reads_of_login"), ("queries of compare's database", "reads_of_compare"),
        ("credentials, bytes", "credential_bytes")]
    lines = ["| For each request | " + " | ".join(MECHANISMS) + " |", "| --- " * (len(MECHANISMS) + 1) + "|"]
    for label, name in rows:
        values = [f"{result['mechanisms'][mechanism][name]:,}".removesuffix(".0") for mechanism in MECHANISMS]
        lines.append(f"| {label} | " + " | ".join(values) + " |")
    for state in ["frozen", "dead"]:
        values = [
            f"{found['status']} after {found['milliseconds']} ms"
            for found in (result["outage"][mechanism][state] for mechanism in MECHANISMS)]
        lines.append(f"| login {state} | " + " | ".join(values) + " |")
    return "\n".join(lines)


def plot(result, folder):
    import matplotlib

    matplotlib.use("svg")
    import matplotlib.pyplot as pyplot

    pyplot.rcParams["svg.hashsalt"] = "comparison"

    def bars(name, title, values):
        figure, axes = pyplot.subplots(figsize=(6, 3))
        drawn = axes.bar(list(values), list(values.values()), color="#14594a")
        axes.bar_label(drawn, fmt="{:,.0f}")
        axes.set_yscale("log")
        axes.set_title(title)
        axes.spines[["top", "right"]].set_visible(False)
        figure.tight_layout()
        figure.savefig(folder / f"{name}.svg", metadata={"Date": None})
        pyplot.close(figure)

    def lines(name, title, label, groups):
        figure, axes = pyplot.subplots(figsize=(6, 3))
        for mechanism in MECHANISMS[1:]:
            axes.plot(
                [str(key) for key in groups], [group[mechanism]["per_second_a_core"] for group in groups.values()],
                marker="o", label=mechanism)
        axes.set_ylim(bottom=0)
        axes.set_title(title)
        axes.set_xlabel(label)
        axes.legend(frameon=False)
        axes.spines[["top", "right"]].set_visible(False)
        figure.tight_layout()
        figure.savefig(folder / f"{name}.svg", metadata={"Date": None})
        pyplot.close(figure)

    mechanisms = result["mechanisms"]
    bars(
        "requests", "Requests a second a core",
        {mechanism: mechanisms[mechanism]["per_second_a_core"] for mechanism in MECHANISMS})
    bars(
        "authentication", "Authentication of a request, µs (median)",
        {mechanism: mechanisms[mechanism]["authentication_us"] for mechanism in MECHANISMS})
    lines("users", "Requests a second a core, by users with a session", "users", result["users"])
    lines("replicas", "Requests a second a core, by replicas of compare", "replicas", result["replicas"])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("executables", type=pathlib.Path)
    parser.add_argument("results", type=pathlib.Path)
    parser.add_argument("--short", action="store_true")
    arguments = parser.parse_args()
    result = measure(arguments.executables, arguments.short)
    arguments.results.mkdir(parents=True, exist_ok=True)
    (arguments.results / "comparison.json").write_text(json.dumps(result, indent=2) + "\n")
    print(table(result))
    if not arguments.short:
        plot(result, arguments.results)


if __name__ == "__main__":
    main()
