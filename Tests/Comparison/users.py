"""Accounts with a session of a browser, an API token and an access token each."""

import base64
import hashlib
import hmac
import json
import secrets
import sqlite3
import time
import uuid


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Mint:
    """Signs access tokens with the key of the cluster, as login does."""

    def __init__(self, cluster, access_token):
        self.header, payload, _ = access_token.split(".")
        self.claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
        key = json.loads((cluster.folder / "jwt.json").read_text())["keys"][0]
        self.secret = base64.urlsafe_b64decode(key["k"] + "==")

    def token(self, account, session):
        """The access token of an account and a session, with the other claims of the token that login issued."""
        claims = self.claims | {"sub": account, "sid": session, "jti": base64url(secrets.token_bytes(16))}
        text = self.header + "." + base64url(json.dumps(claims, separators=(",", ":")).encode())
        return text + "." + base64url(hmac.digest(self.secret, text.encode(), hashlib.sha256))


def add_users(cluster, mint, count, sample):
    """Adds accounts straight to the database of login.

    Returns the header fields of the first `sample` of them, by mechanism.
    """
    now = int(time.time() * 1000)
    fields = {"session": [], "token": [], "jwt": []}
    rows = []
    for number in range(count):
        account, session = str(uuid.uuid4()), str(uuid.uuid4())
        cookie, token = secrets.token_bytes(32), secrets.token_bytes(20)
        rows.append((account, session, hashlib.sha256(cookie).digest(), hashlib.sha256(token).digest()))
        if number < sample:
            fields["session"].append(("Cookie", f"hallpass={base64url(cookie)}"))
            fields["token"].append(("Authorization", f"Token {token.hex()}"))
            fields["jwt"].append(("Authorization", f"Bearer {mint.token(account, session)}"))
    database = sqlite3.connect(cluster.login.database, timeout=30)
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
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return fields
