"""A deliberately weak service: each route makes one mistake of tutorials with PyJWT. Copy no line of it.

    weak.py FOLDER

It reads the key from FOLDER/keys.json and prints its port.
"""

import base64
import hashlib
import hmac
import json
import sys
import warnings
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import jwt

# A key for HS256 is too short for HS512.
warnings.simplefilter("ignore")
FOLDER = sys.argv[1]
SECRET = jwt.PyJWKSet.from_dict(json.load(open(f"{FOLDER}/keys.json"))).keys[0].key
RULES = {"algorithms": ["HS256"], "audience": "shop", "issuer": "https://login.example"}


def documented(token):
    return jwt.decode(token, SECRET, **RULES, options={"require": ["exp", "sub", "aud", "iss"]})


def unverified(token):
    return jwt.decode(token, options={"verify_signature": False})


def algorithm_of_token(token):
    return jwt.decode(token, SECRET, **RULES | {"algorithms": [jwt.get_unverified_header(token)["alg"]]})


def no_audience(token):
    return jwt.decode(token, SECRET, algorithms=["HS256"], options={"verify_aud": False})


def no_expiry(token):
    return jwt.decode(token, SECRET, **RULES, options={"verify_exp": False})


def key_in_header(token):
    header = jwt.get_unverified_header(token)
    key = jwt.PyJWK(header["jwk"]).key if "jwk" in header else SECRET
    return jwt.decode(token, key, **RULES)


def key_from_file(token):
    with open(f"{FOLDER}/keys/" + jwt.get_unverified_header(token).get("kid"), "rb") as file:
        return jwt.decode(token, file.read(), **RULES)


def by_hand(token):
    header, payload, signature = token.split(".")
    code = hmac.new(SECRET, f"{header}.{payload}".encode(), hashlib.sha256).digest()
    if base64.urlsafe_b64decode(signature + "==") != code:
        raise jwt.InvalidTokenError()
    return json.loads(base64.urlsafe_b64decode(payload + "=="))


ROUTES = {
    "/documented": documented,
    "/unverified": unverified,
    "/algorithm-of-token": algorithm_of_token,
    "/no-audience": no_audience,
    "/no-expiry": no_expiry,
    "/key-in-header": key_in_header,
    "/key-from-file": key_from_file,
    "/by-hand": by_hand,
    "/query": documented,
    "/prefix": documented,
    "/one-exception": documented,
}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def token(self):
        """The token as RFC 6750 §2.1 says; empty when there is none."""
        fields = self.headers.get_all("Authorization", [])
        scheme, _, token = fields[0].partition(" ") if len(fields) == 1 else ("", "", "")
        return token if scheme.lower() == "bearer" else ""

    def do_GET(self):
        path = urlsplit(self.path).path
        token = self.token()
        if path == "/prefix":
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if path == "/query" and not token:
            token = parse_qs(urlsplit(self.path).query).get("access_token", [""])[0]
        expected = jwt.ExpiredSignatureError if path == "/one-exception" and token else jwt.PyJWTError
        try:
            status, body = 200, {"claims": ROUTES[path](token)}
        except expected:
            status, body = 401, {"error": "invalid token"}
        except Exception:
            status, body = 500, {"error": "internal server error"}
        content = json.dumps(body).encode()
        self.send_response(status)
        if status == 401:
            self.send_header("WWW-Authenticate", "Bearer")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)

    do_HEAD = do_GET

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
