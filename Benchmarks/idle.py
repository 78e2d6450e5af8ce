"""Opens idle keep-alive connections to a service, and prints what they cost as JSON.

    python3 Benchmarks/idle.py PORT PROCESS [COUNT]

Each connection makes one request and stays open. Meanwhile, 500 requests of another client are timed. The connections
come from several addresses of the loopback network, because a service bounds the connections of one address.
"""
import json
import resource
import socket
import sys
import time

CONNECTIONS_PER_ADDRESS = 900
REQUESTS = 500
REQUEST = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"


def memory(process):
    """The bytes of memory that only this process uses."""
    with open(f"/proc/{process}/smaps_rollup") as file:
        return sum(int(line.split()[1]) for line in file if line.startswith("Private_")) * 1024


def is_answered(connection):
    connection.sendall(REQUEST)
    return connection.recv(4096).startswith(b"HTTP/1.1 200")


def connect(port, address=None):
    source = (address, 0) if address else None
    return socket.create_connection(("127.0.0.1", port), timeout=10, source_address=source)


def times_of_requests(port):
    """The milliseconds of requests over one connection, sorted; nil if one failed."""
    times = []
    with connect(port) as connection:
        for _ in range(REQUESTS):
            start = time.perf_counter()
            if not is_answered(connection):
                return None
            times.append((time.perf_counter() - start) * 1000)
    return sorted(times)


def main():
    port, process = int(sys.argv[1]), int(sys.argv[2])
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 10_000
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

    times_before = times_of_requests(port)
    bytes_before = memory(process)
    connections = []
    for number in range(count):
        connection = connect(port, f"127.0.1.{1 + number // CONNECTIONS_PER_ADDRESS}")
        try:
            if is_answered(connection):
                connections.append(connection)
        except OSError:
            pass  # The service refused the connection.
    bytes_with_connections = memory(process)
    times = times_of_requests(port)
    print(json.dumps({
        "connections": len(connections),
        "refused": count - len(connections),
        "mb_at_rest": round(bytes_before / 1e6, 1),
        "mb_with_connections": round(bytes_with_connections / 1e6, 1),
        "bytes_each": (bytes_with_connections - bytes_before) // max(1, len(connections)),
        "p99_ms_at_rest": round(times_before[REQUESTS * 99 // 100], 2) if times_before else None,
        "p99_ms_with_connections": round(times[REQUESTS * 99 // 100], 2) if times else None,
    }))


main()
