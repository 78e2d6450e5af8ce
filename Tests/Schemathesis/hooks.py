"""What schemathesis cannot know about the services: how to get tokens, and which products and orders exist.

The environment has the URLs (LOGIN_URL, CATALOG_URL, …) and the key file (JWT_KEYS_FILE) of a running cluster with
demo data.
"""

import base64
import hashlib
import hmac
import itertools
import json
import os
import re
import time
import urllib.parse
import uuid

import requests
import schemathesis
import urllib3.util.connection

PASSWORD = "correct horse battery staple"
CLIENT_SECRET = "demo-secret-not-for-production"
MARK = "to be replaced by a token"
# These operations end the session of the token.
ENDINGS = {"POST /logout", "POST /password", "DELETE /me", "DELETE /sessions/{id}"}

# Each connection has another source address, because login makes an address wait after too many failures.
_addresses = (f"127.{a}.{b}.{c}" for a, b, c in itertools.product(range(1, 255), repeat=3))
_connect = urllib3.util.connection.create_connection


def _connect_from_next_address(address, timeout=None, source_address=None, socket_options=None):
    return _connect(address, timeout, (next(_addresses), 0), socket_options)


urllib3.util.connection.create_connection = _connect_from_next_address


def service_of(case):
    """The name of the service, which is the last word of the title."""
    return case.operation.schema.raw_schema["info"]["title"].split()[-1]


def scheme_of(case):
    """The first security scheme of the operation and its scopes; None and an empty list if there is none."""
    for requirement in case.operation.definition.raw.get("security", []):
        for name, scopes in requirement.items():
            return name, scopes
    return None, []


# MARK: Tokens of users

_user_tokens = {}


def _post(url, body, token=None):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    response = requests.post(url, json=body, headers=headers, timeout=10)
    response.raise_for_status()
    return response.json()


def sign_in(name):
    grant = {"grant_type": "password", "username": name, "password": PASSWORD}
    return _post(os.environ["LOGIN_URL"] + "/token", grant)


def user_token(service):
    """A token of staff for catalog, of a customer for orders and inbox, and of a new account for login."""
    if service not in _user_tokens:
        name = {"catalog": "staff", "login": f"u{uuid.uuid4().hex[:30]}"}.get(service, "alice")
        if service == "login":
            _post(os.environ["LOGIN_URL"] + "/signup", {"username": name, "password": PASSWORD})
        _user_tokens[service] = sign_in(name)
    return _user_tokens[service]["access_token"]


def browser():
    """A browser after a sign-in on the page, and the CSRF token of its forms."""
    signed_in = requests.Session()
    page = os.environ["LOGIN_URL"] + "/login"
    credentials = {"form_token": form_token(signed_in.get(page, timeout=10)), "username": "alice", "password": PASSWORD}
    return signed_in, form_token(signed_in.post(page, credentials, timeout=10))


def form_token(response):
    return re.search(r'name="form_token" value="([^"]+)"', response.text)[1]


def browser_key():
    """The session cookie after a sign-in on the page."""
    return browser()[0].cookies["hallpass"]


def code_grant():
    """The parameters with which the client demo-cli redeems a new code."""
    verifier, redirect_uri = "v" * 43, "http://127.0.0.1:9/callback"
    request = {
        "response_type": "code",
        "client_id": "demo-cli",
        "redirect_uri": redirect_uri,
        "code_challenge": base64url(hashlib.sha256(verifier.encode()).digest()),
        "code_challenge_method": "S256",
    }
    signed_in, token = browser()
    page = os.environ["LOGIN_URL"] + "/authorize?" + urllib.parse.urlencode(request)
    allowed = {"form_token": token, "decision": "allow"}
    location = signed_in.post(page, allowed, timeout=10, allow_redirects=False).headers["Location"]
    code = urllib.parse.parse_qs(urllib.parse.urlsplit(location).query)["code"][0]
    return {"code": code, "redirect_uri": redirect_uri, "code_verifier": verifier, "client_id": "demo-cli"}


def customer():
    """The id of the customer's account."""
    user_token("orders")
    return _user_tokens["orders"]["account_id"]


# MARK: Tokens of services


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def sign(kind, claims, method, path, query=""):
    """A token for one request, with the hash of the canonical request as Atlassian Connect defines it."""
    with open(os.environ["JWT_KEYS_FILE"], encoding="utf-8") as file:
        key = json.load(file)["keys"][0]
    pairs = [pair for pair in urllib.parse.parse_qsl(query, keep_blank_values=True) if pair[0] != "token"]

    def encode(text):
        return urllib.parse.quote(text, safe="~")

    groups = {}
    for name, value in pairs:
        groups.setdefault(encode(name), []).append(encode(value))
    canonical = "&".join(f"{name}={','.join(sorted(values))}" for name, values in sorted(groups.items()))
    path = urllib.parse.quote(urllib.parse.unquote(path), safe="/~").rstrip("/") or "/"
    now = int(time.time())
    claims = {
        **claims,
        "iat": now,
        "exp": now + 60,
        "jti": base64url(os.urandom(16)),
        "qsh": hashlib.sha256(f"{method}&{path}&{canonical}".encode()).hexdigest(),
    }
    header = {"alg": "HS256", "kid": key["kid"], "typ": kind}
    text = ".".join(base64url(json.dumps(part).encode()) for part in (header, claims))
    secret = base64.urlsafe_b64decode(key["k"] + "==")
    return f"{text}.{base64url(hmac.digest(secret, text.encode(), 'sha256'))}"


def url_of(case):
    """The path and the query of the request, as they are sent."""
    arguments = case.as_transport_kwargs()
    prepared = requests.Request(
        arguments["method"], arguments["url"], params=arguments.get("params")
    ).prepare()
    parts = urllib.parse.urlsplit(prepared.url)
    return parts.path, parts.query


# MARK: Hooks


# schemathesis treats application/jwt as JSON.
@schemathesis.deserializer("application/json")
def deserialize(context, response):
    return response.text if response.headers["content-type"] == ["application/jwt"] else response.json()


@schemathesis.auth(refresh_interval=None)
class Tokens:
    """Marks the requests that need a token. before_call sets it, because a token may be valid for one request only."""

    def get(self, case, context):
        return scheme_of(case)[0]

    def set(self, case, scheme, context):
        if scheme == "linkToken":
            case.query["token"] = MARK
        elif scheme == "browserCookie":
            case.cookies["hallpass"] = browser_key()
            case.headers["Origin"] = os.environ["LOGIN_URL"]
        else:
            case.headers["Authorization"] = MARK


@schemathesis.hook
def before_call(context, case, kwargs):
    if case.meta is not None and case.meta.generation.mode.is_positive:
        use_existing_values(case)
    service = service_of(case)
    scheme, scopes = scheme_of(case)
    if (case.headers or {}).get("Authorization") == MARK:
        if scheme == "userToken":
            token = user_token(service)
        else:
            caller = "catalog" if service == "login" else "orders"
            claims = {"iss": caller, "sub": caller, "aud": service, "scope": " ".join(scopes)}
            token = sign("service+jwt", claims, case.method.upper(), *url_of(case))
        case.headers["Authorization"] = f"Bearer {token}"
    if (case.query or {}).get("token") == MARK:
        claims = {"iss": service, "sub": customer(), "aud": service}
        case.query["token"] = sign("link+jwt", claims, case.method.upper(), *url_of(case))
    if service == "login":
        case.headers["Connection"] = "close"


@schemathesis.hook
def after_call(context, case, response):
    ended = case.operation.label in ENDINGS and response.status_code < 300
    if ended or response.status_code == 401:
        _user_tokens.pop(service_of(case), None)


# MARK: Existing products and orders

_orders = []


def new_product():
    """The id of a new product with more in stock than can be ordered."""
    product = {"name": "Lamp", "price_cents": 1, "stock": 1_000_000_000}
    return _post(os.environ["CATALOG_URL"] + "/products", product, user_token("catalog"))["id"]


def order():
    """The id of an order of the customer, which is placed at the first call."""
    if not _orders:
        body = {"items": [{"product_id": new_product(), "quantity": 1}]}
        _orders.append(_post(os.environ["ORDERS_URL"] + "/orders", body, user_token("orders"))["id"])
    return _orders[0]


def use_existing_values(case):
    """Replaces generated ids and passwords by existing ones, and shortens waits."""
    label = case.operation.label
    if label in ("POST /orders", "PUT /reservations/{id}"):
        product = new_product()
        for item in case.body["items"]:
            item["product_id"] = product
    if label == "PUT /accounts/{account}/messages/{id}":
        case.path_parameters["account"] = customer()
    if label == "GET /orders/{id}/receipt":
        case.path_parameters["id"] = order()
    if label == "GET /revocations" and "wait" in case.query:
        case.query["wait"] = min(int(case.query["wait"]), 1)
    if label == "POST /token":
        known = {"username": "alice", "password": PASSWORD, "scope": "orders:read", "audience": "orders"}
        grant_type = case.body.get("grant_type")
        if grant_type == "refresh_token":
            known["refresh_token"] = sign_in("alice")["refresh_token"]
        elif grant_type == "authorization_code":
            known |= code_grant()
        elif grant_type == "client_credentials":
            known |= {"client_id": "demo-job", "client_secret": CLIENT_SECRET, "scope": "orders:read:all"}
        case.body.update((name, value) for name, value in known.items() if name in case.body)
    if label == "POST /api-tokens" and isinstance(case.body.get("scope"), str):
        case.body["scope"] = "orders:read"
    if label == "POST /passwords/verify":
        case.body.update(username="alice", password=PASSWORD)
    for name in ("current_password", "password"):
        if label in ("POST /password", "DELETE /me") and name in case.body:
            case.body[name] = PASSWORD
