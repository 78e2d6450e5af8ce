"""A cluster of login and one or more replicas of compare, in a temporary folder."""

import base64
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import urllib.parse

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
        """Starts the service and waits until it is ready."""
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
                    return
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

    def disk_bytes(self):
        return sum(file.stat().st_size for file in self.folder.glob(self.database.name + "*"))

    def metrics(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("GET", "/metrics")
        return connection.getresponse().read().decode()

    def reads(self):
        """The number of queries since the start; 0 without the counter."""
        return struct.unpack("q", self.statements.read_bytes())[0] if self.statements.exists() else 0


class Cluster:
    """Login and one or more replicas of compare, in a temporary folder."""

    def __init__(self, executables, replicas=1):
        self.executables = executables
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="comparison-"))
        self.counter = self.build_counter()
        self.login = None
        subprocess.run(
            [self.executables / "jwt", "keys", "new", "--file", self.folder / "jwt.json"], check=True,
            stdout=subprocess.DEVNULL)
        self.login = Process(self, "login")
        self.compare = [Process(self, "compare", number) for number in range(replicas)]

    def __enter__(self):
        self.login.start()
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
