"""A deliberately weak service: each route makes one mistake of tutorials with PyJWT. Copy no line of it.

    weak.py FOLDER

It reads the key from FOLDER/keys.json and prints its port. For the routes that begin with rs256, es256 and eddsa it makes key
pairs, and writes the private key, a good token and one for another audience to FOLDER.
"""

import base64
import hashlib
import hmac
import json
import sys
import time
import warnings
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key as make_ecdsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as make_rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from jwt.algorithms import OKPAlgorithm, RSAAlgorithm

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


PAIRS = {"RS256": make_rsa(65537, 2048), "ES256": make_ecdsa(SECP256R1()), "EdDSA": Ed25519PrivateKey.generate()}
PUBLIC_TEXT = PAIRS["RS256"].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def decoded(part):
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def strict(algorithm, options={}, key=None, **changes):
    """A function that makes no mistake, besides those that the parameters add."""
    rules = RULES | {"algorithms": [algorithm]} | changes
    rules["options"] = {"require": ["exp", "sub", "aud", "iss"]} | options

    def verify(token):
        public = key(token) if key else PAIRS[algorithm].public_key()
        result = jwt.decode_complete(token, public, **rules)
        # What PyJWT does not look at.
        encodings = [base64.urlsafe_b64encode(decoded(part)).rstrip(b"=").decode() for part in token.split(".")]
        exp = result["payload"].get("exp")
        if ".".join(encodings) != token or result["header"].get("typ") != "JWT" or isinstance(exp, str):
            raise jwt.InvalidTokenError()
        return result["payload"]

    return verify


def confused(token):
    if jwt.get_unverified_header(token).get("alg") != "HS256":
        return strict("RS256")(token)
    content, _, signature = token.rpartition(".")
    if hmac.new(PUBLIC_TEXT, content.encode(), hashlib.sha256).digest() != decoded(signature):
        raise jwt.InvalidTokenError()
    return unverified(token)


def key_of_header(token):
    header = jwt.get_unverified_header(token)
    return jwt.PyJWK(header["jwk"]).key if "jwk" in header else PAIRS["ES256"].public_key()


def write_pair(algorithm, key):
    name = f"{FOLDER}/{algorithm.lower()}"
    if algorithm == "ES256":
        text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    else:
        to_jwk = RSAAlgorithm.to_jwk if algorithm == "RS256" else OKPAlgorithm.to_jwk
        text = json.dumps({"keys": [to_jwk(key, as_dict=True)]})
    files = {"key": text, "token": signed(algorithm, key, "shop"), "other-token": signed(algorithm, key, "stock")}
    for suffix, content in files.items():
        with open(f"{name}.{suffix}", "w") as file:
            file.write(content)


def signed(algorithm, key, audience):
    """A token whose signature has a character that differs in the two alphabets of base64."""
    token = ""
    for number in range(1000):
        claims = {
            "iss": RULES["issuer"], "sub": "alice", "aud": audience, "exp": int(time.time()) + 3600, "jti": f"{number:03}"}
        token = jwt.encode(claims, key, algorithm, headers={"kid": "one"})
        if set("-_") & set(token.split(".")[2]):
            break
    return token


ROUTES = {
    "/rs256-strict": strict("RS256"),
    "/rs256-confused": confused,
    "/rs256-unverified": unverified,
    "/rs256-other-hash": strict("RS256", algorithms=["RS256", "RS512"]),
    "/es256-strict": strict("ES256"),
    "/es256-no-audience": strict("ES256", {"verify_aud": False}, audience=None),
    "/es256-key-in-header": strict("ES256", key=key_of_header),
    "/eddsa-strict": strict("EdDSA"),
    "/eddsa-no-expiry": strict("EdDSA", {"verify_exp": False}),
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


for algorithm, key in PAIRS.items():
    write_pair(algorithm, key)
server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
