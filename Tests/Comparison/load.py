"""Requests of several clients for a time."""

import collections
import http.client
import itertools
import re
import statistics
import threading
import time


class Load:
    """Requests of several clients for a time, and what they cost.

    Each client sends the header fields with credentials in turn, so `fields` of many users make requests of many users.
    With `each`, a client stops after so many requests.
    """

    def __init__(self, cluster, mechanism, fields, seconds, clients=4, each=None):
        self.statuses = collections.Counter()
        self.milliseconds, self.authentication, self.calls = [], [], []
        processes = [*cluster.compare, cluster.login]
        before = [(process.cpu_seconds(), process.reads()) for process in processes]
        start = time.monotonic()
        threads = [
            threading.Thread(
                target=self.run,
                args=(cluster, number, mechanism, fields[number::clients] or fields, start + seconds, each))
            for number in range(clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.seconds = time.monotonic() - start
        after = [(process.cpu_seconds(), process.reads()) for process in processes]
        self.cpu = [late[0] - early[0] for early, late in zip(before, after)]
        self.reads = [late[1] - early[1] for early, late in zip(before, after)]

    def run(self, cluster, number, mechanism, fields, end, each):
        connection = http.client.HTTPConnection("127.0.0.1", cluster.compare[number % len(cluster.compare)].port)
        for field in itertools.islice(itertools.cycle(fields), each):
            start = time.monotonic()
            if start > end:
                break
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
