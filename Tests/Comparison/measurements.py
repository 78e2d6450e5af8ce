"""The measurements. Each returns what it found as a dictionary for comparison.json."""

import base64
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
import uuid

from cluster import Cluster
from load import Load
from users import Mint, add_users, base64url

MECHANISMS = ["basic", "session", "token", "jwt"]
# Basic is left out where many requests are sent: each costs a hash of a password.
QUICK_MECHANISMS = MECHANISMS[1:]
# So many of the users send requests. The others only have their rows in the database of login.
ACTIVE_USERS = 10_000


def note(text):
    print(text, file=sys.stderr, flush=True)


def measure_mechanisms(cluster, credentials, seconds):
    """The cost of a request with each mechanism."""
    result = {}
    for mechanism in MECHANISMS:
        note(f"requests with {mechanism}")
        field = credentials[mechanism]
        Load(cluster, mechanism, [field], seconds / 4)
        result[mechanism] = Load(cluster, mechanism, [field], seconds).summary() | {
            "credential_bytes": len(": ".join(field))}
    return result


def measure_users(cluster, credentials, counts, seconds):
    """The cost of a request and the memory of a user with a session, for growing numbers of users."""
    mint = Mint(cluster, credentials["jwt"][1].split()[1])
    result, known = {}, 0
    for count in counts:
        note(f"{count:,} users with sessions")
        services = {"login": cluster.login, "compare": cluster.compare[0]}
        before = {name: (service.memory_bytes(), service.disk_bytes()) for name, service in services.items()}
        fields = add_users(cluster, mint, count - known, ACTIVE_USERS)
        active = len(fields["jwt"])
        result[count] = {}
        for mechanism in QUICK_MECHANISMS:
            # One request of each active user, so that whatever a service remembers of a user is there.
            Load(cluster, mechanism, fields[mechanism], 600, each=-(-active // 4))
            result[count][mechanism] = Load(cluster, mechanism, fields[mechanism], seconds).summary()
        for name, service in services.items():
            memory, disk = before[name]
            result[count][f"memory_of_{name}"] = service.memory_bytes()
            result[count][f"memory_of_{name}_a_user"] = round((service.memory_bytes() - memory) / (count - known))
            result[count][f"disk_of_{name}_a_user"] = round((service.disk_bytes() - disk) / (count - known))
        known = count
    return result


def measure_replicas(executables, replicas, seconds):
    """The cost of a request, and the outage of login, with several replicas of compare and one login."""
    note(f"{replicas} replicas of compare")
    with Cluster(executables, replicas) as cluster:
        credentials = cluster.credentials()
        result = {
            mechanism: Load(cluster, mechanism, [credentials[mechanism]], seconds, clients=2 * replicas).summary()
            for mechanism in QUICK_MECHANISMS}
        return result | {"outage": measure_outage(cluster, credentials)}


def measure_outage(cluster, credentials):
    """The statuses and the longest time of a request at each replica while login is frozen, and while it is dead."""
    result = {}
    for state, signal_number in [("frozen", signal.SIGSTOP), ("dead", signal.SIGKILL)]:
        cluster.login.process.send_signal(signal_number)
        if state == "dead":
            # The process stays a zombie, so its processor time can still be read.
            os.waitid(os.P_PID, cluster.login.process.pid, os.WEXITED | os.WNOWAIT)
        for mechanism in MECHANISMS:
            load = Load(cluster, mechanism, [credentials[mechanism]], 60, clients=len(cluster.compare), each=1)
            result.setdefault(mechanism, {})[state] = {
                "statuses": dict(load.statuses), "milliseconds": round(max(load.milliseconds))}
    return result


def measure_revocations(cluster, credentials, executables, counts, seconds):
    """The price of the list of revocations: in compare, and of a verification alone."""
    note("lists of revocations")
    result = {"verification": [revocation_cost(executables)], "compare": {}}
    result["verification"] += [revocation_cost(executables, count) for count in counts]
    before = cluster.compare[0].memory_bytes()
    for count in counts:
        if count:
            add_revocations(cluster, count)
        load = Load(cluster, "jwt", [credentials["jwt"]], seconds).summary()
        result["compare"][count] = {
            name: load[name] for name in ["authentication_us", "cpu_us_of_compare", "calls_of_login"]
        } | {"memory_bytes": cluster.compare[0].memory_bytes() - before}
    return result


def revocation_cost(executables, *count):
    """The nanoseconds of a verification with a list of so many entries, and the bytes of the list."""
    command = [executables / "revocation-cost", *map(str, count)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


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
    for _ in range(600):
        entries = re.search(r"^revocations_entries (\d+)", cluster.compare[0].metrics(), re.MULTILINE)
        if entries and int(entries[1]) >= count:
            return
        time.sleep(0.1)
    sys.exit("compare does not learn of the revocations.")


def measure_sizes(access_token):
    """The bytes of our token, of the same token with the usual claims of OAuth servers, and of an opaque one."""
    header, payload, signature = access_token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    # The claims that Spring Security OAuth and Keycloak add to those that ours has.
    usual = claims | {
        "user_name": claims["username"], "authorities": ["ROLE_USER", "ROLE_CUSTOMER"], "client_id": "demo-web",
        "ati": str(uuid.uuid4()), "azp": "demo-web", "typ": "Bearer", "session_state": claims["sid"],
        "realm_access": {"roles": ["offline_access", "uma_authorization"]}, "email_verified": True,
        "preferred_username": claims["username"], "scopes": claims["scope"].split(),
    }
    encoded = base64url(json.dumps(usual, separators=(",", ":")).encode())
    return {
        "jwt": len(access_token), "jwt_with_usual_claims": len(".".join([header, encoded, signature])), "opaque": 40}


def measure_first_token(executables):
    """The seconds from the start of login without a database to its first token."""
    note("time to the first token")
    cluster = Cluster(executables, replicas=0)
    start = time.monotonic()
    with cluster:
        cluster.access_token()
        return round(time.monotonic() - start, 2)


def measure(executables, short):
    seconds = 0.3 if short else 8
    user_counts = [10] if short else [100, 10_000, 1_000_000]
    revocation_counts = [0, 10] if short else [0, 1000, 100_000]
    result = {"first_token_seconds": measure_first_token(executables)}
    with Cluster(executables) as cluster:
        credentials = cluster.credentials()
        result["bytes"] = measure_sizes(credentials["jwt"][1].split()[1])
        result["mechanisms"] = measure_mechanisms(cluster, credentials, seconds)
        result["revocations"] = measure_revocations(
            cluster, credentials, executables, revocation_counts, seconds / 2)
        result["users"] = measure_users(cluster, credentials, user_counts, seconds / 2)
    result["replicas"] = {
        count: measure_replicas(executables, count, seconds / 2) for count in ([2] if short else [1, 2, 4])}
    return result
