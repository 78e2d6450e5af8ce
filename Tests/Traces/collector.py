"""A collector of spans: decodes OTLP/HTTP in JSON with the protocol's own definitions, and appends each span to a file.

Usage: collector.py PORT FILE [PEM]. Each line of the file is a JSON object. A body with an unknown or invalid member gets 400.
With a PEM file of a certificate and its key, the collector speaks TLS, and demands that certificate of its clients too.
"""

import base64
import http.server
import json
import ssl
import sys

from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2

PORT, FILE = int(sys.argv[1]), sys.argv[2]
KINDS = {1: "internal", 2: "server", 3: "client", 4: "producer", 5: "consumer"}


def with_binary_ids(value):
    """OTLP writes ids in hexadecimal; the JSON form of Protocol Buffers wants base64."""
    if isinstance(value, list):
        return [with_binary_ids(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        name: base64.b64encode(bytes.fromhex(item)).decode()
        if name in ("traceId", "spanId", "parentSpanId")
        else with_binary_ids(item)
        for name, item in value.items()
    }


def attributes(list_of_pairs):
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in list_of_pairs}


def spans(body):
    request = json_format.ParseDict(
        with_binary_ids(json.loads(body)), trace_service_pb2.ExportTraceServiceRequest()
    )
    for resource_spans in request.resource_spans:
        resource = attributes(resource_spans.resource.attributes)
        for scope_spans in resource_spans.scope_spans:
            for span in scope_spans.spans:
                assert len(span.trace_id) == 16 and len(span.span_id) == 8 and len(span.parent_span_id) in (0, 8)
                assert 0 < span.start_time_unix_nano <= span.end_time_unix_nano
                yield {
                    "trace": span.trace_id.hex(),
                    "id": span.span_id.hex(),
                    "parent": span.parent_span_id.hex(),
                    "service": resource["service.name"],
                    "name": span.name,
                    "kind": KINDS[span.kind],
                    "status": span.status.code,
                    "attributes": {name: str(value) for name, value in attributes(span.attributes).items()},
                }


class Collector(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status = 404
        if self.path == "/v1/traces" and self.headers["Content-Type"] == "application/json":
            try:
                lines = [json.dumps(span) + "\n" for span in spans(body)]
                with open(FILE, "a", encoding="utf-8") as file:
                    file.writelines(lines)
                status = 200
            except Exception as error:
                print(f"invalid: {error!r}", body, file=sys.stderr, flush=True)
                status = 400
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Collector)
if len(sys.argv) > 3:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[3])
    context.load_verify_locations(sys.argv[3])
    context.verify_mode = ssl.CERT_REQUIRED
    server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
