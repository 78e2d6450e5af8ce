"""Receives spans (OTLP/HTTP in JSON) and shows a trace as a waterfall, in a terminal and as a page.

Usage: traces.py PORT serve | list | show [ID]. scripts/traces describes the commands.
"""

import collections
import html
import http.client
import http.server
import json
import re
import sys
import threading
import urllib.error
import urllib.request
import zlib

MAXIMUM_TRACES = 1_000
MAXIMUM_SPANS_OF_A_TRACE = 2_000
MAXIMUM_BODY_BYTES = 16 << 20
MAXIMUM_CHARACTERS = 64 << 20
# What zlib calls the format of gzip.
GZIP = 16 + zlib.MAX_WBITS
SPAN_CHARACTERS = 500
# What the waterfall shows of a name. All its lines are as long as the longest.
SHOWN_CHARACTERS = 120
LOCAL_HOST = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:\d+)?", re.IGNORECASE)
BAR_COLUMNS = 40
STATUS_ERROR = 2
COLORS = ["#3b6fb6", "#b65c3b", "#3f8f5b", "#8a5bb0", "#a08a2c", "#4c8f99"]


class Traces:
    """The spans by trace, oldest trace first. A new trace drops the oldest ones when there are too many or too large ones."""

    def __init__(self):
        self.lock = threading.Lock()
        self.spans = collections.OrderedDict()
        # The number of spans that came when their trace was full.
        self.dropped = collections.Counter()
        self.characters = 0

    def add(self, request):
        """Adds the spans of a request; raises an error if it has another form than OTLP."""
        spans = []
        for resource_spans in items(request, "resourceSpans"):
            service = attributes(resource_spans.get("resource") or {}).get("service.name", "unknown")
            for scope_spans in items(resource_spans, "scopeSpans"):
                spans += [span_of(span, service) for span in items(scope_spans, "spans")]
        with self.lock:
            for span in spans:
                trace = self.spans.setdefault(span["trace"], [])
                if len(trace) < MAXIMUM_SPANS_OF_A_TRACE:
                    trace.append(span)
                    self.characters += characters(span)
                else:
                    self.dropped[span["trace"]] += 1
            while len(self.spans) > MAXIMUM_TRACES or self.characters > MAXIMUM_CHARACTERS:
                oldest, spans = self.spans.popitem(last=False)
                self.dropped.pop(oldest, None)
                self.characters -= sum(map(characters, spans))

    def of(self, trace):
        """The spans of a trace, as (depth, span), each parent before its children."""
        with self.lock:
            spans = sorted(self.spans.get(trace, []), key=lambda span: span["start"])
        ids = {span["id"] for span in spans}
        children = collections.defaultdict(list)
        for span in spans:
            children[span["parent"] if span["parent"] in ids else None].append(span)
        rows, seen = [], set()
        # After the spans without a known parent, those that are their own ancestors.
        for first in children[None] + spans:
            stack = [(0, first)]
            while stack:
                depth, span = stack.pop()
                if span["id"] in seen:
                    continue
                seen.add(span["id"])
                rows.append((depth, span))
                stack += [(depth + 1, child) for child in reversed(children[span["id"]])]
        return rows

    def summaries(self):
        """One (id, first name, number of services, number of spans, milliseconds) for each trace, oldest first."""
        with self.lock:
            traces = list(self.spans)
        for trace in traces:
            rows = self.of(trace)
            if rows:
                services = {span["service"] for _, span in rows}
                yield trace, label(rows[0][1]), len(services), len(rows), length(rows) / 1e6

    def dropped_of(self, trace):
        """A sentence about the spans of a trace that came when it was full; empty if there are none."""
        number = self.dropped[trace]
        return f"{number} further spans of this trace were dropped, because it has {MAXIMUM_SPANS_OF_A_TRACE}." if number else ""

    def newest(self):
        """The newest of the traces with the most services; None without a trace."""
        summaries = list(self.summaries())
        most = max((summary[2] for summary in summaries), default=0)
        return next((summary[0] for summary in reversed(summaries) if summary[2] == most), None)


def items(owner, name):
    """A list of objects; empty if it is missing, because the JSON form of Protocol Buffers leaves empty members out."""
    return owner.get(name) or []


def attributes(owner):
    return {
        text_of(item, "key"): str(next(iter((item.get("value") or {}).values()), ""))
        for item in items(owner, "attributes")
    }


def text_of(owner, name):
    value = owner.get(name) or ""
    if not isinstance(value, str):
        raise ValueError(f"{name} is not a text")
    return value


def id_of(owner, name, digits):
    """An id in lower case; OTLP allows both cases."""
    value = text_of(owner, name).lower()
    if not re.fullmatch(f"[0-9a-f]{{{digits}}}", value):
        raise ValueError(f"{name} does not have {digits} hexadecimal digits")
    return value


def time_of(owner, name):
    value = int(owner.get(name) or 0)
    if not 0 <= value < 1 << 64:
        raise ValueError(f"{name} is not a time in nanoseconds")
    return value


def span_of(span, service):
    return {
        "trace": id_of(span, "traceId", 32),
        "id": id_of(span, "spanId", 16),
        "parent": id_of(span, "parentSpanId", 16) if span.get("parentSpanId") else None,
        "service": service,
        "name": text_of(span, "name"),
        "start": time_of(span, "startTimeUnixNano"),
        "end": time_of(span, "endTimeUnixNano"),
        "is_error": (span.get("status") or {}).get("code") == STATUS_ERROR,
        "attributes": attributes(span),
    }


def characters(span):
    """The size of a span in memory, about."""
    texts = [span["service"], span["name"], *span["attributes"].keys(), *span["attributes"].values()]
    return SPAN_CHARACTERS + sum(map(len, texts))


def label(span):
    """The name of a span with what its attributes say about it."""
    known = span["attributes"]
    details = [
        "→ " + known["service.peer.name"] if "service.peer.name" in known else "",
        known.get("code.function.name", ""),
        known.get("http.response.status_code", ""),
        "error" if span["is_error"] else "",
    ]
    return " ".join([span["name"]] + [detail for detail in details if detail])


def length(rows):
    return max(span["end"] for _, span in rows) - min(span["start"] for _, span in rows)


def bar(span, first, total, columns):
    """The first column and the number of columns of a span on the time axis."""
    total = max(total, 1)
    begin = min(columns - 1, (span["start"] - first) * columns // total)
    return begin, max(1, min(columns - begin, (span["end"] - span["start"]) * columns // total))


def text(traces, trace):
    """The waterfall for a terminal."""
    rows = traces.of(trace)
    if not rows:
        return ""
    first, total = min(span["start"] for _, span in rows), length(rows)
    names = ["  " * depth + cut(printable(label(span))) for depth, span in rows]
    width = max(map(len, names))
    lines = [f"trace {trace}: {len(rows)} spans, {total / 1e6:.1f} ms"]
    for (_, span), name in zip(rows, names):
        begin, columns = bar(span, first, total, BAR_COLUMNS)
        axis = (" " * begin + "█" * columns).ljust(BAR_COLUMNS)
        duration = (span["end"] - span["start"]) / 1e6
        lines.append(f"{cut(printable(span['service'])):8} {name:{width}} |{axis}| {duration:9.2f} ms")
    if dropped := traces.dropped_of(trace):
        lines.append(dropped)
    return "\n".join(lines) + "\n"


def printable(value):
    return "".join(character if character.isprintable() else "?" for character in value)


def cut(value):
    return value if len(value) <= SHOWN_CHARACTERS else value[:SHOWN_CHARACTERS] + "…"


STYLE = """body{font:14px system-ui,sans-serif;margin:2rem;color:#222;background:#fff}table{border-collapse:collapse;width:100%}
td,th{text-align:left;padding:.2rem .6rem;white-space:nowrap}tr:nth-child(even){background:#f4f4f4}td.axis{width:45%}
td.axis svg{display:block;width:100%;height:14px}.number{text-align:right}th.axis span{float:right}.error{color:#b00020}"""


def page(title, body):
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{html.escape(title)}</title>'
        f"<style>{STYLE}</style><h1>{html.escape(title)}</h1>{body}</html>"
    )


def list_page(traces):
    rows = "".join(
        f'<tr><td><a href="/traces/{trace}">{html.escape(name)}</a></td><td class="number">{services}</td>'
        f'<td class="number">{spans}</td><td class="number">{milliseconds:.1f} ms</td></tr>'
        for trace, name, services, spans, milliseconds in reversed(list(traces.summaries()))
    )
    headers = "".join(f'<th class="number">{name}' for name in ["Services", "Spans", "Duration"])
    return page("Traces", f"<table><tr><th>First span{headers}</tr>{rows}</table>")


def trace_page(traces, trace):
    rows = traces.of(trace)
    first, total = min(span["start"] for _, span in rows), length(rows)
    services = sorted({span["service"] for _, span in rows})
    lines = []
    for depth, span in rows:
        begin, columns = bar(span, first, total, 1000)
        color = COLORS[services.index(span["service"]) % len(COLORS)]
        details = "\n".join(f"{name}: {value}" for name, value in sorted(span["attributes"].items()))
        error = ' class="error"' if span["is_error"] else ""
        lines.append(
            f'<tr title="{html.escape(details)}"><td>{html.escape(span["service"])}</td>'
            f'<td{error}>{"&emsp;" * depth}{html.escape(label(span))}</td>'
            f'<td class="axis"><svg viewBox="0 0 1000 14" preserveAspectRatio="none">'
            f'<rect x="{begin}" width="{columns}" height="14" fill="{color}"/></svg></td>'
            f'<td class="number">{(span["end"] - span["start"]) / 1e6:.2f} ms</td></tr>'
        )
    header = (
        f'<tr><th>Service<th>Span<th class="axis">0 ms<span>{total / 1e6:.1f} ms</span><th class="number">Duration</tr>'
    )
    links = f'<p><a href="/">All traces</a></p><p>{traces.dropped_of(trace)}</p>'
    return page(f"Trace {trace}", f'{links}<table>{header}{"".join(lines)}</table>')


class Handler(http.server.BaseHTTPRequestHandler):
    traces = Traces()

    def do_POST(self):
        if not self.has_local_host():
            return None
        # A page of another origin may send text without asking this server first, but no JSON (Fetch standard).
        if self.headers.get_content_type() != "application/json":
            return self.respond(415, "Spans are received as application/json.\n")
        try:
            size = int(self.headers.get("Content-Length", ""))
        except ValueError:
            return self.respond(411, "A request needs Content-Length.\n")
        if not 0 <= size <= MAXIMUM_BODY_BYTES:
            return self.respond(413, "The body is too large.\n")
        if self.path != "/v1/traces":
            return self.respond(404, "Spans are received at /v1/traces.\n")
        encoding = self.headers.get("Content-Encoding", "identity").lower()
        if encoding not in ("identity", "gzip"):
            return self.respond(415, "A body may only have the encoding gzip.\n")
        try:
            body = self.rfile.read(size)
            if encoding == "gzip":
                body = zlib.decompressobj(GZIP).decompress(body, MAXIMUM_BODY_BYTES + 1)
            if len(body) > MAXIMUM_BODY_BYTES:
                return self.respond(413, "The body is too large.\n")
            self.traces.add(json.loads(body))
        except (ValueError, TypeError, AttributeError, OverflowError, RecursionError, zlib.error) as error:
            return self.respond(400, f"The body is not OTLP in JSON: {type(error).__name__}\n")
        return self.respond(200, "{}", "application/json")

    def has_local_host(self):
        """Whether the request names this machine; otherwise responds. A page may give this address another name in DNS."""
        if LOCAL_HOST.fullmatch(self.headers.get("Host", "")):
            return True
        self.respond(421, "Spans are received and shown at localhost only.\n")
        return False

    def do_GET(self):
        if not self.has_local_host():
            return None
        if self.path == "/":
            return self.respond(200, list_page(self.traces), "text/html")
        if self.path == "/list":
            lines = (f"{trace}  {services} services, {spans:3} spans, {milliseconds:9.1f} ms  {cut(printable(name))}\n"
                     for trace, name, services, spans, milliseconds in self.traces.summaries())
            return self.respond(200, "".join(lines))
        if match := re.fullmatch(r"/show(?:/([0-9a-f]{32}))?", self.path):
            shown = text(self.traces, match[1] or self.traces.newest())
            return self.respond(200 if shown else 404, shown or "There is no such trace yet.\n")
        if (match := re.fullmatch(r"/traces/([0-9a-f]{32})", self.path)) and self.traces.of(match[1]):
            return self.respond(200, trace_page(self.traces, match[1]), "text/html")
        return self.respond(404, "There is nothing here.\n")

    def respond(self, status, body, media_type="text/plain"):
        # JSON may contain half a surrogate pair, which UTF-8 cannot express.
        data = body.encode(errors="replace")
        self.send_response(status)
        self.send_header("Content-Type", f"{media_type}; charset=utf-8" if media_type.startswith("text") else media_type)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


def serve(port):
    try:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
    except OSError as error:
        sys.exit(f"Cannot listen on port {port}: {error.strerror}. Set PORT to another port.")
    print(f"Receiving spans; open http://localhost:{port}/ or run: scripts/traces show", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass


def ask(port, path):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://127.0.0.1:{port}{path}", timeout=5) as response:
            sys.stdout.write(lines_of(response))
    except urllib.error.HTTPError as error:
        sys.exit(lines_of(error).rstrip())
    except (OSError, http.client.HTTPException):
        sys.exit(f"Nothing receives spans on port {port}. First run: scripts/traces")


def lines_of(response):
    """The text of a response for a terminal. Another program may use the port."""
    lines = response.read().decode(errors="replace").split("\n")
    return "\n".join(printable(line) for line in lines)


def main(port, command, *arguments):
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(encoding="utf-8")
    if not re.fullmatch("[0-9]{1,5}", port) or not 1 <= int(port) <= 65535:
        sys.exit(f"PORT must be a number from 1 to 65535, not {printable(port)}.")
    trace = "".join(arguments[:1]).lower()
    if trace and not re.fullmatch("[0-9a-f]{32}", trace):
        sys.exit("The id of a trace has 32 hexadecimal digits. See: scripts/traces list")
    if command == "serve":
        serve(int(port))
    elif command == "list":
        ask(port, "/list")
    else:
        ask(port, "/show" + (f"/{trace}" if trace else ""))


if __name__ == "__main__":
    main(*sys.argv[1:])
