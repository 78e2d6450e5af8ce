import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import TestSupport
import Testing
import Tracing

@testable import OTLPTracing
@testable import ServiceRuntime

@Suite struct RequestTraceTests {
    private static let traceID = "4bf92f3577b34da6a3ce929d0e0e4736"
    private static let caller = "00-\(traceID)-00f067aa0ba902b7-01"
    private static let endpoint = ["OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:4318"]

    /// Runs the echo service with a tracer, and returns its spans and its log.
    private func run(
        _ environment: [String: String] = endpoint, isRecording: Bool = true,
        _ body: @escaping @Sendable (any TestClientProtocol) async throws -> Void
    ) async throws -> (spans: [SpanRecord], log: RecordedLog) {
        let queue = SpanQueue(maximumCount: 100, batchCount: 100)
        let log = RecordedLog()
        let tracer = OTLPTracer(
            sampler: Sampler(ratio: 1, isParentBased: true), queue: isRecording ? queue : nil)
        try await withTracer(tracer) {
            try await EchoService.run(.router, environment, log: log, addRoutes: Self.addRoutes, body)
        }
        return (queue.batch(), log)
    }

    private static func addRoutes(to router: Router<PlainContext>) {
        router.get("items/{id}") { _, _ in RequestScope.onwardFields[.traceparent] ?? "none" }
        router.get("log") { _, _ in
            Logger.current.info("from the route")
            return "logged"
        }
    }

    @Test func `a span has the method and the template of the route, and no value of the request`() async throws {
        let (spans, _) = try await run { client in
            _ = try await client.send(
                .get, "/items/secret?token=secret", headers: [.authorization: "Bearer secret", .cookie: "a=secret"])
        }
        let span = try #require(spans.first)
        #expect(spans.count == 1)
        #expect(span.name == "GET /items/{id}")
        #expect(
            span.attributes == [
                "http.request.method": "GET", "http.route": "/items/{id}", "http.response.status_code": 200,
            ])
        #expect(span.status == nil)
        #expect(span.parentID == nil)
        #expect(!"\(spans)".contains("secret"))
    }

    @Test func `an unknown path and a method of the client's choice are in no span`() async throws {
        let (spans, _) = try await run { client in
            _ = try await client.send(.get, "/secret")
            _ = try await client.send(HTTPRequest.Method("SECRET") ?? .get, "/secret")
        }
        #expect(spans.map(\.name) == ["GET NotFound", "HTTP NotFound"])
        #expect(spans.last?.attributes.get("http.request.method") == "_OTHER")
        #expect(!"\(spans)".lowercased().contains("secret"))
    }

    @Test func `a request without a route of its method has a span with the route and status of its metrics`()
        async throws
    {
        let (spans, log) = try await run(Self.endpoint.merging(["CORS_ORIGINS": "https://a.example"]) { $1 }) {
            client in
            _ = try await client.send(.get, "/secret")
            _ = try await client.send(.post, "/items/secret")
            _ = try await client.send(.options, "/items/secret")
            _ = try await client.send(
                .options, "/items/secret",
                headers: [.origin: "https://a.example", .accessControlRequestMethod: "GET"])
        }
        #expect(spans.map { $0.attributes.get("http.response.status_code") } == [404, 405, 204, 204])
        #expect(spans.map(\.name) == ["GET NotFound", "POST NotFound", "OPTIONS NotFound", "OPTIONS NotFound"])
        #expect(
            log.lines.map(\.message).starts(with: ["GET NotFound 404", "POST NotFound 405", "OPTIONS NotFound 204"]))
        #expect(spans.allSatisfy { $0.attributes.get("http.route") == "NotFound" })
    }

    @Test func `only a response from 500 up is an error`() async throws {
        let (spans, _) = try await run { client in
            for path in ["/fail", "/nothing"] { _ = try await client.send(.get, path) }
        }
        #expect(spans.map { $0.status?.code } == [.error, nil])
        #expect(spans.map { $0.attributes.get("error.type") } == ["500", nil])
    }

    @Test func `the operations routes have no span`() async throws {
        let (spans, _) = try await run { client in
            for path in ["/healthz", "/readyz", "/metrics"] {
                _ = try await client.send(.get, path, headers: [.traceparent: Self.caller])
            }
        }
        #expect(spans.isEmpty)
    }

    @Test func `a call to another service carries the trace of the caller with the span of the request`() async throws {
        let (spans, _) = try await run { client in
            let fields: HTTPFields = [.traceparent: "01-\(Self.caller.dropFirst(3))-later"]
            let onward = try await client.send(.get, "/items/1", headers: fields).text
            #expect(onward.hasPrefix("00-\(Self.traceID)-"))
            #expect(!onward.contains("00f067aa0ba902b7"))
        }
        #expect(spans.map(\.parentID) == [0x00f0_67aa_0ba9_02b7])
    }

    @Test func `a service that records nothing passes the trace of a caller on with a new span id, and begins none`()
        async throws
    {
        let (spans, _) = try await run([:], isRecording: false) { client in
            let onward = try await client.send(.get, "/items/1", headers: [.traceparent: Self.caller]).text
            #expect(onward.hasPrefix("00-\(Self.traceID)-"))
            #expect(onward.hasSuffix("-01"))
            #expect(onward != Self.caller)
            #expect(try await client.send(.get, "/items/1").text == "none")
            #expect(try await client.send(.get, "/items/1", headers: [.traceparent: "00-1-2-01"]).text == "none")
        }
        #expect(spans.isEmpty)
    }

    @Test func `a request that is not recorded has a trace and span id in its log lines and passes its trace on`()
        async throws
    {
        let (spans, log) = try await run { client in
            let caller = Self.caller.dropLast(2) + "00"
            let onward = try await client.send(.get, "/items/1", headers: [.traceparent: String(caller)]).text
            #expect(onward.hasPrefix("00-\(Self.traceID)-"))
            #expect(onward.hasSuffix("-00"))
            #expect(onward != caller)
            _ = try await client.send(.get, "/log", headers: [.traceparent: onward])
        }
        #expect(spans.isEmpty)
        let lines = log.lines.filter { $0.metadata["trace_id"] == Self.traceID }
        #expect(lines.map(\.message) == ["GET /items/{id} 200", "from the route", "GET /log 200"])
        let ids = lines.compactMap { $0.metadata["span_id"] }
        #expect(ids.count == 3)
        #expect(ids[0] != ids[1])
        #expect(ids[1] == ids[2])
    }

    @Test func `the log lines of a request have the ids of its trace and span`() async throws {
        let (spans, log) = try await run { client in
            _ = try await client.send(.get, "/log", headers: [.traceparent: Self.caller])
        }
        let span = try #require(spans.first)
        for message in ["from the route", "GET /log 200"] {
            let line = try #require(log.lines.first { $0.message == message })
            #expect(line.metadata["trace_id"] == Self.traceID)
            #expect(line.metadata["span_id"] == span.trace.spanID.hexadecimal)
        }
    }
}
