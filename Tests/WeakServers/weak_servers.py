"""Starts the weak servers, probes each of their routes with `jwt probe`, and prints what it found as a Markdown table.

    weak_servers.py JWT_COMMAND PYTHON_WITH_PYJWT

A server whose language is missing on this machine, or that `scripts/test` has not built, is skipped, with a line on
standard error.
"""

import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
# `scripts/test` builds it.
SWIFT_SERVER = f"{HERE}/../../.build-weak-server/debug/WeakServer"
SHOWN = 8

# The routes of each server, with the mistake of each.
ROUTES = {
    "PyJWT": {
        "documented": "none: `algorithms`, `audience`, `issuer` and `require` are given",
        "unverified": "`verify_signature` is false",
        "algorithm-of-token": "`algorithms` comes from the header of the token",
        "no-audience": "`verify_aud` is false, and there is no `issuer`",
        "no-expiry": "`verify_exp` is false",
        "key-in-header": "the key is the `jwk` of the header",
        "key-from-file": "`kid` is the name of a file",
        "by-hand": "the service splits and compares the token itself",
        "query": "the token may also be in the query",
        "prefix": "the token is the field without the prefix `Bearer `, if it has it",
        "one-exception": "only `ExpiredSignatureError` is caught",
        "rs256-strict": "none, with RS256: also the form of the token, `typ` and the type of `exp` are checked",
        "rs256-confused": "with RS256, but HS256 with the text of the public key is accepted too",
        "rs256-unverified": "with RS256, but `verify_signature` is false",
        "rs256-other-hash": "with RS256, but `algorithms` has RS512 too",
        "es256-strict": "none, with ES256",
        "es256-no-audience": "with ES256, but `verify_aud` is false",
        "es256-key-in-header": "with ES256, but the key is the `jwk` of the header",
        "eddsa-strict": "none, with EdDSA",
        "eddsa-no-expiry": "with EdDSA, but `verify_exp` is false",
    },
    "golang-jwt": {
        "documented": "`Parse` with a check of the method, as in its documentation",
        "any-method": "the key function does not look at the method",
        "unverified": "`ParseUnverified`",
        "ignored-error": "the error of `Parse` is ignored",
        "expired-is-enough": "`ErrTokenExpired` counts as success, to renew the token",
        "confused": "the key function has the public key as a secret too",
        "key-by-kid": "`kid` is read without a check of its type",
        "prefix": "the token is the field without the prefix `Bearer `, if it has it",
    },
    "jwt-kit": {
        "complete": "none: `verify(using:)` checks `iss`, `aud` and `exp`",
        "documented": "`verify(using:)` checks only `exp`, as in its documentation",
        "empty-verify": "`verify(using:)` is empty",
        "optional-expiry": "`exp` is optional",
        "unverified": "`unverified`",
        "key-in-header": "the key is the `jwk` of the header",
    },
}


class Server:
    def __init__(self, command, folder):
        # A token may end a server in Swift.
        environment = os.environ | {"SWIFT_BACKTRACE": "enable=no"}
        self.process = subprocess.Popen([*command, folder], stdout=subprocess.PIPE, text=True, env=environment)
        self.port = int(self.process.stdout.readline())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def go_server(folder):
    """Compiles the server with Debian's packages, without modules and without the network."""
    program = f"{folder}/weak"
    environment = {
        "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": folder, "GO111MODULE": "off",
        "GOPATH": "/usr/share/gocode", "GOCACHE": f"{folder}/go-cache"}
    subprocess.run(["go", "build", "-o", program, f"{HERE}/weak.go"], check=True, env=environment)
    return [program]


def is_go_here():
    return shutil.which("go") and os.path.exists("/usr/share/gocode/src/github.com/golang-jwt/jwt")


class Prober:
    def __init__(self, jwt, folder):
        self.jwt, self.folder = jwt, folder
        self.keys = f"{folder}/keys.json"
        self.run("keys", "new", "--file", self.keys)
        self.token = self.sign("shop")
        self.other_token = self.sign("stock")
        kid = json.load(open(self.keys))["keys"][0]["kid"]
        os.mkdir(f"{folder}/keys")
        with open(f"{folder}/keys/{kid}", "wb") as file:
            file.write(self.secret())

    def secret(self):
        text = json.load(open(self.keys))["keys"][0]["k"]
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))

    def run(self, *arguments, **options):
        return subprocess.run([self.jwt, *arguments], check=True, capture_output=True, text=True, **options).stdout

    def sign(self, audience):
        """A token whose signature has a character that differs in the two alphabets of base64."""
        for number in range(1000):
            claims = {"iss": "https://login.example", "sub": "alice", "aud": audience, "jti": f"{number:03}"}
            token = self.run("sign", "--keys", self.keys, "--expires-in", "3600", input=json.dumps(claims)).strip()
            if set("-_") & set(token.split(".")[2]):
                return token

    def probe(self, port, route):
        """The names of the checks that found something, and of those that the response does not decide."""
        options = ["--keys", self.keys, "--other-token", self.other_token]
        token = self.token
        if route == "confused":
            options = ["--keys", f"{self.folder}/public.pem"]
            token = open(f"{self.folder}/rsa.token").read()
        pair = route.partition("-")[0]
        if pair in ("rs256", "es256", "eddsa"):
            # The server has written these files.
            token, other_token = (open(f"{self.folder}/{pair}.{suffix}").read() for suffix in ("token", "other-token"))
            options = ["--keys", f"{self.folder}/{pair}.key", "--other-token", other_token]
        url = f"http://127.0.0.1:{port}/{route}"
        result = subprocess.run(
            [self.jwt, "probe", url, "--json", "--rate", "1000", *options], input=token, capture_output=True, text=True)
        if result.returncode not in (0, 1):
            sys.exit(f"jwt probe {url} ended with {result.returncode}: {result.stderr}{result.stdout}")
        checks = json.loads(result.stdout)["checks"]
        return [check["name"] for check in checks if check["outcome"] == "finding"]


def row(library, route, mistake, findings):
    names = ", ".join(f"`{name}`" for name in findings[:SHOWN]) or "nothing"
    more = f" and {len(findings) - SHOWN} more" if len(findings) > SHOWN else ""
    return f"| {library} `/{route}` | {mistake} | {names}{more} |"


def main(jwt, python):
    with tempfile.TemporaryDirectory() as folder:
        prober = Prober(jwt, folder)
        servers = {
            "PyJWT": lambda: [python, f"{HERE}/weak.py"],
            "golang-jwt": (lambda: go_server(folder)) if is_go_here() else None,
            "jwt-kit": (lambda: [SWIFT_SERVER]) if os.path.exists(SWIFT_SERVER) else None,
        }
        print("| Route | Mistake | Found |\n| --- | --- | --- |")
        for library, command in servers.items():
            if command is None:
                print(f"skipped: {library} is not on this machine, or its server is not built", file=sys.stderr)
                continue
            program = command()
            for route, mistake in ROUTES[library].items():
                # A token may end a server, so each route has its own.
                with Server(program, folder) as server:
                    print(row(library, route, mistake, prober.probe(server.port, route)), flush=True)


main(*sys.argv[1:])
