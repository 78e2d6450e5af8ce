import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import Metrics
import MetricsTestKit
import NIOCore
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing
import Tracing

@testable import OTLPTracing

@Suite(.timeLimit(.minutes(1))) struct SpanExporterTests {
    /// A collector that records the requests that it receives.
    private final class Collector: Sendable {
        typealias Respond = @Sendable (_ number: Int) async -> Response

        private let requests = Mutex<[(body: String, traceparent: String?)]>([])
        private let respond: Respond

        /// Creates a collector.
        ///
        /// - Parameter respond: Gets the number of the request, from 1, and returns the response.
        init(_ respond: @escaping Respond) { self.respond = respond }

        /// Creates a collector that responds with the given statuses in turn, and with 200 after them.
        convenience init(_ statuses: [HTTPResponse.Status] = []) {
            self.init { Response(status: $0 <= statuses.count ? statuses[$0 - 1] : .ok) }
        }

        var bodies: [String] { requests.withLock { $0.map(\.body) } }
        var traceparents: [String?] { requests.withLock { $0.map(\.traceparent) } }

        /// The names of the spans of each request.
        var batches: [[String]] {
            bodies.map { $0.matches(of: /"name":"(span[0-9]+)"/).map { String($0.1) } }
        }

        /// Runs the collector, and calls `body` with its URL.
        func run(_ body: @escaping @Sendable (String) async throws -> Void) async throws {
            let router = Router()
            router.post("/v1/traces") { request, _ -> Response in
                let body = String(buffer: try await request.body.collect(upTo: 1 << 20))
                guard request.headers[.authorization] == "Basic a", request.headers[.contentType] == "application/json"
                else { return Response(status: .unauthorized) }
                let traceparent = request.headers[.traceparent]
                let number = self.requests.withLock {
                    $0.append((body, traceparent))
                    return $0.count
                }
                return await self.respond(number)
            }
            let application = Application(
                router: router, configuration: .init(address: .hostname("127.0.0.1", port: 0)))
            try await application.test(.live) { client in
                try await body("http://127.0.0.1:\(client.port ?? 0)/v1/traces")
            }
        }
    }

    private let metrics = TestMetrics()

    private var droppedCount: Int64 { metrics.counterTotal(label: "trace_spans_dropped") }
    private var failureCount: Int64 { metrics.counterTotal(label: "trace_export_failures") }

    private func exporter(
        of queue: SpanQueue, _ url: String, timeout: Duration = .seconds(10), delay: Duration = .seconds(5),
        further headers: HTTPFields = [:]
    ) -> SpanExporter {
        var configuration = SpanExporter.Configuration(url: url)
        configuration.headers = headers
        configuration.headers[.authorization] = "Basic a"
        configuration.timeout = timeout
        configuration.delay = delay
        return SpanExporter(of: queue, configuration)
    }

    /// Sends the spans of a queue to a collector, with one call of `export`.
    private func export(_ queue: SpanQueue, to collector: Collector, further headers: HTTPFields = [:]) async throws {
        try await withMetricsFactory(metrics) {
            try await collector.run { await exporter(of: queue, $0, further: headers).export() }
        }
    }

    private func record(_ numbers: ClosedRange<Int>, in queue: SpanQueue) {
        let tracer = OTLPTracer(sampler: Sampler(ratio: 1, isParentBased: true), queue: queue)
        for number in numbers { tracer.startSpan("span\(number)").end() }
    }

    @Test func `spans are sent oldest first, in batches of at most the limit`() async throws {
        let collector = Collector()
        let queue = SpanQueue(maximumCount: 10, batchCount: 2)
        record(1...5, in: queue)
        try await collector.run { await exporter(of: queue, $0).export() }
        #expect(collector.batches == [["span1", "span2"], ["span3", "span4"], ["span5"]])
        #expect(queue.count == 0)
    }

    @Test func `spans that find the queue full are dropped`() {
        let queue = SpanQueue(maximumCount: 3, batchCount: 2)
        record(1...5, in: queue)
        #expect(queue.count == 3)
        #expect(queue.batch().map(\.name) == ["span1", "span2"])
    }

    @Test(arguments: [HTTPResponse.Status.tooManyRequests, .badGateway, .serviceUnavailable, .gatewayTimeout])
    func `a batch stays in the queue while the collector is overloaded`(status: HTTPResponse.Status) async throws {
        let collector = Collector([status])
        let queue = SpanQueue(maximumCount: 10, batchCount: 2)
        record(1...3, in: queue)
        try await collector.run { url in
            let exporter = exporter(of: queue, url)
            await exporter.export()
            #expect(queue.count == 3)
            await exporter.export()
        }
        #expect(collector.batches == [["span1", "span2"], ["span1", "span2"], ["span3"]])
    }

    @Test func `a batch that the collector rejects is dropped`() async throws {
        let collector = Collector([.badRequest])
        let queue = SpanQueue(maximumCount: 10, batchCount: 2)
        record(1...3, in: queue)
        try await collector.run { await exporter(of: queue, $0).export() }
        #expect(collector.batches == [["span1", "span2"], ["span3"]])
        #expect(queue.count == 0)
    }

    @Test func `the span that fills a batch notifies the exporter, and no other one does`() async {
        for (count, isNotified) in [(1, false), (2, true), (3, true)] {
            let queue = SpanQueue(maximumCount: 10, batchCount: 2)
            record(1...count, in: queue)
            queue.finish()
            var notifications = 0
            for await _ in queue.fullBatches { notifications += 1 }
            #expect(notifications == (isNotified ? 1 : 0))
        }
    }

    @Test func `a full batch is sent before the interval ends, and the rest at the shutdown`() async throws {
        let (arrivals, arrive) = AsyncStream.makeStream(of: Void.self)
        let collector = Collector { _ in
            arrive.yield()
            return Response(status: .ok)
        }
        let queue = SpanQueue(maximumCount: 10, batchCount: 2)
        try await collector.run { url in
            let exporter = exporter(of: queue, url, delay: .seconds(3600))
            await withTaskGroup { group in
                group.addTask { try? await exporter.run() }
                record(1...2, in: queue)
                for await _ in arrivals { break }
                record(3...3, in: queue)
                queue.finish()
            }
        }
        #expect(collector.batches == [["span1", "span2"], ["span3"]])
    }

    @Test func `spans that fill no batch are sent when the interval ends`() async throws {
        let (arrivals, arrive) = AsyncStream.makeStream(of: Void.self)
        let collector = Collector { _ in
            arrive.yield()
            return Response(status: .ok)
        }
        let queue = SpanQueue(maximumCount: 10, batchCount: 2)
        record(1...1, in: queue)
        try await collector.run { url in
            let exporter = exporter(of: queue, url, delay: .milliseconds(1))
            await withTaskGroup { group in
                group.addTask { try? await exporter.run() }
                for await _ in arrivals { break }
                queue.finish()
            }
        }
        #expect(collector.batches == [["span1"]])
    }

    @Test func `spans stay in the queue while nobody listens, and the shutdown drops them`() async throws {
        let queue = SpanQueue(maximumCount: 10, batchCount: 2)
        record(1...3, in: queue)
        let exporter = exporter(of: queue, "http://127.0.0.1:1/v1/traces")
        await exporter.export()
        #expect(queue.count == 3)
        queue.finish()
        try await exporter.run()
        #expect(queue.count == 0)
    }

    @Test func `spans that end during an export and fill no batch wait for the next one`() async throws {
        let queue = SpanQueue(maximumCount: 20, batchCount: 2)
        // A collector that is traced itself may end a span for each request.
        let collector = Collector { number in
            if number < 10 { record(number + 1...number + 1, in: queue) }
            return Response(status: .ok)
        }
        record(1...1, in: queue)
        try await export(queue, to: collector)
        #expect(collector.batches == [["span1"]])
        #expect(queue.count == 1)
    }

    @Test func `a batch that fills during an export is sent with it`() async throws {
        let queue = SpanQueue(maximumCount: 10, batchCount: 2)
        let collector = Collector { number in
            if number == 1 { record(2...4, in: queue) }
            return Response(status: .ok)
        }
        record(1...1, in: queue)
        try await export(queue, to: collector)
        #expect(collector.batches == [["span1"], ["span2", "span3"]])
        #expect(queue.count == 1)
    }

    @Test func `an export belongs to a trace that is not recorded`() async throws {
        let collector = Collector()
        let queue = SpanQueue(maximumCount: 10, batchCount: 2)
        record(1...1, in: queue)
        try await export(queue, to: collector)
        let traceparent = try #require(collector.traceparents.first ?? nil)
        #expect(TraceContext(traceparent: traceparent)?.isSampled == false)
    }

    @Test(arguments: [true, false])
    func `a shutdown during a request that hangs sends its spans again and counts no failure`(isGraceful: Bool)
        async throws
    {
        let arrival = AsyncStream.makeStream(of: Void.self)
        let release = AsyncStream.makeStream(of: Void.self)
        let collector = Collector { number in
            arrival.continuation.yield()
            if number == 1 { for await _ in release.stream {} }
            return Response(status: .ok)
        }
        let queue = SpanQueue(maximumCount: 10, batchCount: 2)
        record(1...2, in: queue)
        try await withMetricsFactory(metrics) {
            try await collector.run { url in
                defer { release.continuation.finish() }
                let exporter = exporter(of: queue, url, timeout: .seconds(600))
                let group = ServiceGroup(services: [exporter], logger: Logger(label: "test"))
                let run = Task { try await group.run() }
                for await _ in arrival.stream { break }
                if isGraceful { await group.triggerGracefulShutdown() } else { run.cancel() }
                _ = await run.result
            }
        }
        #expect(collector.batches == [["span1", "span2"], ["span1", "span2"]])
        #expect(queue.count == 0)
        #expect(droppedCount == 0)
        #expect(failureCount == 0)
    }

    @Test func `no batch is sent before the time of Retry-After, except at the shutdown`() async throws {
        let queue = SpanQueue(maximumCount: 10, batchCount: 2)
        let collector = Collector { _ in
            // The exporter finds this notification when it has the response.
            queue.notify()
            queue.finish()
            return Response(status: .serviceUnavailable, headers: [.retryAfter: "300"])
        }
        record(1...2, in: queue)
        try await withMetricsFactory(metrics) {
            try await collector.run { try await exporter(of: queue, $0).run() }
        }
        #expect(collector.batches == [["span1", "span2"], ["span1", "span2"]])
        #expect(failureCount == 2)
        #expect(droppedCount == 2)
    }

    @Test(
        arguments: [
            ("300", .retryable(after: .seconds(300))), ("0", .retryable(after: .zero)),
            ("soon", .retryable(after: nil)),
            (nil, .retryable(after: nil)), ("Mon, 30 Nov 2015 12:00:00 GMT", .retryable(after: .zero)),
        ] as [(String?, SpanExporter.Outcome)])
    func `an export that must be repeated ends with the time of Retry-After`(
        retryAfter: String?, outcome: SpanExporter.Outcome
    ) async throws {
        let queue = SpanQueue(maximumCount: 10, batchCount: 2)
        let collector = Collector { _ in
            var response = Response(status: .serviceUnavailable)
            response.headers[.retryAfter] = retryAfter
            return response
        }
        record(1...1, in: queue)
        try await collector.run { url in
            let result = await exporter(of: queue, url).export()
            #expect(result == outcome)
        }
    }

    @Test(arguments: [
        (#"{"partialSuccess":{"rejectedSpans":"2","errorMessage":"a"}}"#, 2),
        (#"{"partialSuccess":{"rejectedSpans":1}}"#, 1), (#"{"partialSuccess":{"rejectedSpans":"9"}}"#, 3),
        (#"{"partialSuccess":{"rejectedSpans":"-1"}}"#, 0), (#"{"partialSuccess":{"rejectedSpans":"0"}}"#, 0),
        (#"{"partialSuccess":{"errorMessage":"a"}}"#, 0), (#"{"partialSuccess":null}"#, 0), ("{}", 0), ("", 0),
        ("no JSON", 0),
    ])
    func `spans that the collector rejects in a successful response are counted and not sent again`(
        body: String, rejectedCount: Int64
    ) async throws {
        let queue = SpanQueue(maximumCount: 10, batchCount: 3)
        let collector = Collector { _ in
            Response(status: .ok, body: ResponseBody(byteBuffer: ByteBuffer(string: body)))
        }
        record(1...3, in: queue)
        try await export(queue, to: collector)
        #expect(collector.batches == [["span1", "span2", "span3"]])
        #expect(queue.count == 0)
        #expect(droppedCount == rejectedCount)
        #expect(failureCount == (rejectedCount > 0 ? 1 : 0))
    }

    @Test func `a number that JSON does not have is sent as a text`() async throws {
        let collector = Collector()
        let queue = SpanQueue(maximumCount: 10, batchCount: 2)
        let span = OTLPTracer(sampler: Sampler(ratio: 1, isParentBased: true), queue: queue).startSpan("span1")
        span.attributes["a"] = Double.nan
        span.attributes["b"] = -Double.infinity
        span.end()
        try await export(queue, to: collector)
        let body = try #require(collector.bodies.first)
        #expect(body.contains(#""doubleValue":"NaN""#))
        #expect(body.contains(#""doubleValue":"-Infinity""#))
    }

    @Test func `lists are sent as lists, and other values as their descriptions`() async throws {
        let collector = Collector()
        let queue = SpanQueue(maximumCount: 10, batchCount: 2)
        let span = OTLPTracer(sampler: Sampler(ratio: 1, isParentBased: true), queue: queue).startSpan("span1")
        span.attributes = [
            "a": .int32Array([1, 2]), "b": .stringArray(["x"]), "c": .boolArray([]), "d": .stringConvertible(UInt8(7)),
            "e": .stringConvertibleArray([UInt8(8)]),
        ]
        span.end()
        try await export(queue, to: collector)
        let body = try #require(collector.bodies.first)
        for value in [
            #"{"arrayValue":{"values":[{"intValue":"1"},{"intValue":"2"}]}}"#,
            #"{"arrayValue":{"values":[{"stringValue":"x"}]}}"#, #"{"arrayValue":{"values":[]}}"#,
            #"{"stringValue":"7"}"#, #"{"arrayValue":{"values":[{"stringValue":"8"}]}}"#,
        ] {
            #expect(body.contains(#""value":\#(value)"#), "\(body)")
        }
    }

    @Test func `the description of an exporter, which is logged, has no header field`() {
        let exporter = exporter(of: SpanQueue(maximumCount: 1, batchCount: 1), "http://localhost/v1/traces")
        for text in ["\(exporter)", String(reflecting: exporter)] {
            #expect(!text.contains("Basic a"), "\(text)")
        }
    }

    @Test func `a batch that the client refuses to send is dropped`() async throws {
        let collector = Collector()
        let queue = SpanQueue(maximumCount: 10, batchCount: 2)
        record(1...1, in: queue)
        try await export(queue, to: collector, further: [.te: "trailers"])
        #expect(collector.batches == [])
        #expect(queue.count == 0)
        #expect(droppedCount == 1)
    }

    @Test func `a batch with a response beyond the limit is not sent again`() async throws {
        let collector = Collector { _ in
            Response(status: .ok, body: ResponseBody(byteBuffer: ByteBuffer(repeating: 0x20, count: 2 << 20)))
        }
        let queue = SpanQueue(maximumCount: 10, batchCount: 2)
        record(1...1, in: queue)
        try await export(queue, to: collector)
        #expect(collector.batches == [["span1"]])
        #expect(queue.count == 0)
    }
}
