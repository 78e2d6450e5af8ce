import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import Synchronization
import TestSupport
import Testing
import Tracing

@testable import OTLPTracing

@Suite(.timeLimit(.minutes(1))) struct SpanExporterTests {
    /// A collector that records the spans that it receives, and responds with the given statuses in turn.
    private final class Collector: Sendable {
        private let names = Mutex<[[String]]>([])
        private let statuses: Mutex<[HTTPResponse.Status]>

        init(_ statuses: [HTTPResponse.Status] = []) { self.statuses = Mutex(statuses) }

        /// The names of the spans of each request.
        var batches: [[String]] { names.withLock { $0 } }

        /// Runs the collector, and calls `body` with its URL.
        func run(_ body: @escaping @Sendable (String) async throws -> Void) async throws {
            let router = Router()
            router.post("/v1/traces") { request, _ -> HTTPResponse.Status in
                let body = try await request.body.collect(upTo: 1 << 20)
                guard request.headers[.authorization] == "Basic a", request.headers[.contentType] == "application/json"
                else { return .unauthorized }
                let text = String(buffer: body)
                let names = text.matches(of: /"name":"(span[0-9]+)"/).map { String($0.1) }
                self.names.withLock { $0.append(names) }
                return self.statuses.withLock { $0.isEmpty ? .ok : $0.removeFirst() }
            }
            let application = Application(
                router: router, configuration: .init(address: .hostname("127.0.0.1", port: 0)))
            try await application.test(.live) { client in
                try await body("http://127.0.0.1:\(client.port ?? 0)/v1/traces")
            }
        }
    }

    private func exporter(of queue: SpanQueue, _ url: String) -> SpanExporter {
        var configuration = SpanExporter.Configuration(url: url)
        configuration.headers = [.authorization: "Basic a"]
        return SpanExporter(of: queue, configuration)
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

    @Test func `a full batch is sent without a wait, and the rest at the shutdown`() async throws {
        let collector = Collector()
        let queue = SpanQueue(maximumCount: 10, batchCount: 2)
        try await collector.run { url in
            let exporter = exporter(of: queue, url)
            await withTaskGroup { group in
                group.addTask { try? await exporter.run() }
                record(1...2, in: queue)
                _ = try? await eventually { collector.batches.count == 1 }
                record(3...3, in: queue)
                queue.finish()
            }
        }
        #expect(collector.batches == [["span1", "span2"], ["span3"]])
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
}
