"""Authlib and requests-oauthlib as clients of a running cluster: python clients.py LOGIN CATALOG ORDERS INBOX

Prints one line for each client and library. An exception means that the client and login do not understand each other.
"""

import os
import secrets
import sys
import urllib.parse

os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"  # The cluster speaks plain HTTP on loopback.

import authlib
import requests_oauthlib
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session as AuthlibSession
from oauthlib.oauth2 import BackendApplicationClient, OAuth2Error
from requests.auth import HTTPBasicAuth

import person

LOGIN, _, ORDERS, _ = sys.argv[1:]
SECRET = "demo-secret-not-for-production"
WEB = ("demo-web", SECRET, "http://localhost:8090/callback")
CLI = ("demo-cli", None, "http://127.0.0.1:51004/callback")


def check(condition, what):
    if not condition:
        raise AssertionError(what)


def check_issuer(location, metadata):
    """The client's defence against mix-up: the response names the server that was asked (RFC 9207 §2.4)."""
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(location).query)
    check(query["iss"] == [metadata["issuer"]], query)


def authlib_flow(client, method, metadata):
    identifier, secret, redirect_uri = client
    session = AuthlibSession(
        identifier, secret, redirect_uri=redirect_uri, scope="orders:read orders:write", code_challenge_method="S256",
        token_endpoint_auth_method=method)
    verifier = secrets.token_urlsafe(48)
    url, state = session.create_authorization_url(LOGIN + "/authorize", code_verifier=verifier, resource=ORDERS)
    location = person.allow(url)
    check_issuer(location, metadata)
    arguments = {"authorization_response": location, "state": state, "code_verifier": verifier}
    token = session.fetch_token(LOGIN + "/token", **arguments)
    check(token["scope"] == "orders:read orders:write", token)
    check(session.get(ORDERS + "/orders", timeout=60).status_code == 200, "orders")
    session.refresh_token(LOGIN + "/token")
    check(session.token["access_token"] != token["access_token"], "the same token")
    check(session.get(ORDERS + "/orders", timeout=60).status_code == 200, "orders after a refresh")
    if secret:
        description = session.introspect_token(LOGIN + "/introspect", session.token["access_token"]).json()
        check(description["active"] and description["client_id"] == identifier, description)
    try:
        session.fetch_token(LOGIN + "/token", **arguments)
        check(False, "a code was used twice")
    except OAuthError as error:
        check(error.error == "invalid_grant", error)
    try:
        session.token = {"refresh_token": token["refresh_token"], "access_token": "x", "token_type": "Bearer"}
        session.refresh_token(LOGIN + "/token")
        check(False, "the session survived the second use of its code")
    except OAuthError as error:
        check(error.error == "invalid_grant", error)


def requests_oauthlib_flow(client, metadata):
    identifier, secret, redirect_uri = client
    session = requests_oauthlib.OAuth2Session(
        identifier, redirect_uri=redirect_uri, scope=["orders:read"], pkce="S256")
    url, _ = session.authorization_url(LOGIN + "/authorize", resource=ORDERS)
    location = person.allow(url)
    check_issuer(location, metadata)
    authentication = {"client_secret": secret} if secret else {"include_client_id": True}
    token = session.fetch_token(LOGIN + "/token", authorization_response=location, **authentication)
    check(token["scope"] == ["orders:read"], token)
    check(session.get(ORDERS + "/orders", timeout=60).status_code == 200, "orders")
    basic = HTTPBasicAuth(identifier, secret) if secret else None
    arguments = {"auth": basic} if basic else {"client_id": identifier}
    session.refresh_token(LOGIN + "/token", **arguments)
    check(session.get(ORDERS + "/orders", timeout=60).status_code == 200, "orders after a refresh")
    revoked = session.post(
        LOGIN + "/revoke", {"token": session.token["refresh_token"]} | ({} if basic else {"client_id": identifier}),
        auth=basic, withhold_token=True, timeout=60)
    check(revoked.status_code == 200, revoked.text)
    try:
        session.refresh_token(LOGIN + "/token", **arguments)
        check(False, "a revoked session was renewed")
    except OAuth2Error as error:
        check(error.error == "invalid_grant", error)


def machine_flows():
    session = AuthlibSession("demo-job", SECRET, token_endpoint_auth_method="client_secret_basic")
    token = session.fetch_token(LOGIN + "/token", grant_type="client_credentials")
    check("refresh_token" not in token and token["scope"] == "orders:read:all", token)
    check(session.get(ORDERS + "/orders", timeout=60).status_code == 200, "all orders")
    session = requests_oauthlib.OAuth2Session(client=BackendApplicationClient("demo-job"))
    session.fetch_token(LOGIN + "/token", auth=HTTPBasicAuth("demo-job", SECRET))
    check(session.get(ORDERS + "/orders", timeout=60).status_code == 200, "all orders")


def denial():
    session = requests_oauthlib.OAuth2Session(CLI[0], redirect_uri=CLI[2], scope=["orders:read"], pkce="S256")
    url, _ = session.authorization_url(LOGIN + "/authorize")
    location = person.allow(url, decision="deny")
    try:
        session.fetch_token(LOGIN + "/token", authorization_response=location, include_client_id=True)
        check(False, "a denied request gave a token")
    except OAuth2Error as error:
        check(error.error == "access_denied", error)


def main():
    challenge = AuthlibSession("x").request("GET", ORDERS + "/orders", withhold_token=True).headers["WWW-Authenticate"]
    resource = challenge.split('resource_metadata="')[1].split('"')[0]
    check(resource == ORDERS + "/.well-known/oauth-protected-resource", challenge)
    metadata = requests_oauthlib.OAuth2Session().get(
        LOGIN + "/.well-known/oauth-authorization-server", withhold_token=True, timeout=60).json()
    for client, method in [(WEB, "client_secret_basic"), (WEB, "client_secret_post"), (CLI, "none")]:
        authlib_flow(client, method, metadata)
        print(f"authlib {authlib.__version__}: {client[0]} with {method}")
    for client in [WEB, CLI]:
        requests_oauthlib_flow(client, metadata)
        print(f"requests-oauthlib {requests_oauthlib.__version__}: {client[0]}")
    machine_flows()
    print("authlib and requests-oauthlib: demo-job")
    denial()
    print("requests-oauthlib: demo-cli, denied")


main()
