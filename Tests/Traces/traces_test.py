"""Tests scripts/lib/traces.py: runs its server, and sends it spans and requests.

Usage: traces_test.py, in the folder of the project. Prints each failed test, and exits with 1 if there is one.
"""

import gzip
import http.client
import http.server
import json
import subprocess
import sys
import threading
import unittest

sys.path.insert(0, "scripts/lib")
import traces

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


def span(**members):
    return {"traceId": TRACE, "spanId": SPAN, "name": "a", "startTimeUnixNano": "1", "endTimeUnixNano": "2"} | members


def request(*spans):
    return {"resourceSpans": [{"scopeSpans": [{"spans": list(spans)}]}]}


class TracesTest(unittest.TestCase):
    def setUp(self):
        traces.Handler.traces = traces.Traces()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), traces.Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def tearDown(self):
        self.server.shutdown()
        self.server.server_close()

    def send(self, method, path, body=None, **fields):
        """The status and the body of a response."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.server_port, timeout=30)
        try:
            connection.request(method, path, body, {name.replace("_", "-"): value for name, value in fields.items()})
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def post(self, body, content_type="application/json", **fields):
        body = body if isinstance(body, (str, bytes)) else json.dumps(body)
        return self.send("POST", "/v1/traces", body, Content_Type=content_type, **fields)[0]

    def check_pages(self):
        """Checks that every page is shown, and returns the waterfall."""
        for path in ["/", "/list"]:
            self.assertEqual(self.send("GET", path)[0], 200, path)
        self.assertIn(self.send("GET", f"/traces/{TRACE}")[0], [200, 404])
        status, shown = self.send("GET", "/show")
        self.assertIn(status, [200, 404])
        return shown

    def test_a_span_is_shown_on_each_page(self):
        self.assertEqual(self.post(request(span(name="GET /products"))), 200)
        self.assertIn("GET /products", self.check_pages())
        self.assertIn("GET /products", self.send("GET", f"/traces/{TRACE}")[1])

    def test_the_page_of_a_trace_says_how_long_its_time_axis_is(self):
        child = span(spanId="00f067aa0ba902b8", startTimeUnixNano="3000000", endTimeUnixNano="12500001")
        self.assertEqual(self.post(request(span(), child)), 200)
        self.assertIn("0 ms<span>12.5 ms</span>", self.send("GET", f"/traces/{TRACE}")[1])

    def test_a_body_in_another_form_is_rejected_and_every_page_is_shown(self):
        bodies = [
            request(span(**members))
            for members in [
                {"parentSpanId": [1]}, {"parentSpanId": "1"}, {"name": 5}, {"traceId": "1" * 16}, {"spanId": "1" * 32},
                {"traceId": "g" * 32}, {"traceId": 1}, {"traceId": None}, {"startTimeUnixNano": "1" + "0" * 400},
                {"startTimeUnixNano": "-1"}, {"startTimeUnixNano": "a"}, {"endTimeUnixNano": 1 << 64},
                {"endTimeUnixNano": [1]}, {"attributes": [{"key": 5, "value": {}}]}, {"attributes": [{"key": [5]}]},
                {"attributes": [{"key": "a", "value": 1}]}, {"status": 2},
            ]
        ]
        number = json.dumps(request(span(startTimeUnixNano=7))).replace(": 7", ": 1e400")
        nested = json.dumps(request(span(name=7))).replace(": 7", ": " + "[" * 100_000 + "]" * 100_000)
        for body in [*bodies, number, nested, "", "[]", "1", "null", "{", {"resourceSpans": 1}, {"resourceSpans": [1]}]:
            with self.subTest(body=str(body)[:300]):
                self.assertEqual(self.post(body), 400)
                self.check_pages()

    def test_members_may_be_missing(self):
        for body in [
            {}, {"resourceSpans": []}, {"resourceSpans": [{}]}, {"resourceSpans": [{"scopeSpans": [{}]}]},
            request({"traceId": TRACE, "spanId": SPAN}), request(span(attributes=[{"key": "a"}], status=None)),
        ]:
            with self.subTest(body=body):
                self.assertEqual(self.post(body), 200)
                self.check_pages()

    def test_a_long_name_does_not_make_every_line_of_the_waterfall_long(self):
        spans = [span(spanId=f"{number:016x}") for number in range(1, 1000)] + [span(name="n" * 1_000_000)]
        self.assertEqual(self.post(request(*spans)), 200)
        self.assertIn(" " + "n" * 120 + "… ", self.check_pages())
        for path in ["/show", "/list"]:
            self.assertLess(len(self.send("GET", path)[1]), 1_000_000, path)

    def test_a_trace_says_how_many_of_its_spans_were_dropped(self):
        spans = [span(spanId=f"{number:016x}") for number in range(1, traces.MAXIMUM_SPANS_OF_A_TRACE + 4)]
        self.assertEqual(self.post(request(*spans[:-3])), 200)
        self.assertNotIn("dropped", self.check_pages())
        self.assertEqual(self.post(request(*spans[-3:])), 200)
        sentence = "3 further spans of this trace were dropped, because it has 2000."
        self.assertTrue(self.check_pages().endswith(f"ms\n{sentence}\n"))
        self.assertIn(sentence, self.send("GET", f"/traces/{TRACE}")[1])

    def test_ids_may_be_in_upper_case(self):
        self.assertEqual(self.post(request(span(traceId=TRACE.upper(), spanId=SPAN.upper(), name="first"))), 200)
        child = span(spanId="00f067aa0ba902b8", parentSpanId=SPAN.upper(), name="second")
        self.assertEqual(self.post(request(child)), 200)
        self.assertIn("\nunknown    second ", self.send("GET", f"/show/{TRACE}")[1])

    def test_spans_that_are_their_own_ancestors_are_shown_once(self):
        ids = ["00f067aa0ba902b8", "00f067aa0ba902b9", "00f067aa0ba902ba"]
        for parents in [[ids[0]], [ids[1], ids[0]], [ids[1], ids[2], ids[0]], [ids[1], ids[0], ids[0]]]:
            with self.subTest(parents=parents):
                traces.Handler.traces = traces.Traces()
                spans = [span(spanId=id, parentSpanId=parent, name=f"n{id}") for id, parent in zip(ids, parents)]
                self.assertEqual(self.post(request(*spans)), 200)
                shown = self.check_pages()
                self.assertEqual([shown.count(f"n{id}") for id in ids[: len(parents)]], [1] * len(parents))

    def test_what_another_program_responds_cannot_control_the_terminal(self):
        class Other(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(404 if self.path == "/show" else 200)
                self.end_headers()
                self.wfile.write(b"a\x1b[31mb\nc\n")

            def log_message(self, *_):
                pass

        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Other) as other:
            threading.Thread(target=other.serve_forever, daemon=True).start()
            for command in ["list", "show"]:
                result = self.run_program(str(other.server_port), command)
                self.assertIn("a?[31mb\nc\n", result.stdout + result.stderr)
            other.shutdown()

    def test_a_wrong_argument_is_named(self):
        for arguments in [
            ["0", "list"], ["65536", "serve"], ["a", "list"], ["4318", "show", "a b"], ["4318", "show", "../x"],
        ]:
            result = self.run_program(*arguments)
            self.assertEqual((result.returncode, result.stdout), (1, ""), arguments)
            self.assertRegex(result.stderr, r"\A(PORT must be|The id of a trace has) .*\n\Z", arguments)

    def run_program(self, *arguments):
        command = [sys.executable, "-B", "scripts/lib/traces.py", *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=30)

    def test_a_body_may_be_compressed_and_has_the_same_limit_then(self):
        body = gzip.compress(json.dumps(request(span(name="compressed"))).encode())
        self.assertEqual(self.post(body, Content_Encoding="gzip"), 200)
        self.assertIn("compressed", self.check_pages())
        for other, status in [
            (gzip.compress(b" " * (traces.MAXIMUM_BODY_BYTES + 1)), 413), (b"{}", 400), (body[:-20], 400), (b"", 400),
        ]:
            self.assertEqual(self.post(other, Content_Encoding="gzip"), status, other[:20])
        self.assertEqual(self.post(b"{}", Content_Encoding="br"), 415)

    def test_half_a_surrogate_pair_is_shown_as_a_question_mark(self):
        self.assertEqual(self.post(request(span(name="a\ud800b"))), 200)
        self.assertIn("a?b", self.check_pages())
        self.assertIn("a?b", self.send("GET", "/")[1])

    def test_a_page_of_another_origin_can_neither_send_nor_read_spans(self):
        self.assertEqual(self.post(request(span()), content_type="text/plain"), 415)
        for host in ["evil.example", "evil.example:4318", "localhost.evil.example", "127.0.0.1.evil.example", ""]:
            self.assertEqual(self.post(request(span()), Host=host), 421, host)
            for path in ["/", "/list", "/show", f"/traces/{TRACE}"]:
                self.assertEqual(self.send("GET", path, Host=host)[0], 421, host)
        for host in ["localhost", "localhost:4318", "LOCALHOST:1", "127.0.0.1", "[::1]:4318"]:
            self.assertEqual(self.send("GET", "/", Host=host)[0], 200, host)
        self.assertEqual(self.post(request(span()), content_type="application/json; charset=utf-8"), 200)

    def test_large_traces_drop_the_oldest_ones(self):
        for number in range(1, 11):
            large = [span(traceId=f"{number:032}", spanId=f"{index:016x}", name="a" * 1_000_000) for index in range(10)]
            self.assertEqual(self.post(request(*large)), 200)
        traces_left = list(traces.Handler.traces.spans)
        self.assertLess(len(traces_left), 8)
        self.assertEqual(traces_left[-1], f"{10:032}")
        self.assertLessEqual(traces.Handler.traces.characters, traces.MAXIMUM_CHARACTERS)


unittest.main(verbosity=0)
