import CurlClient
import Foundation
public import HTTPTypes
import Logging
import Metrics
public import ServiceLifecycle
import Synchronization

/// Sends the spans of a queue to a collector, in batches: OTLP/HTTP in JSON (OpenTelemetry Protocol 1.x).
///
/// While the collector is away, the spans stay in the queue. A batch that the collector rejects is dropped.
public struct SpanExporter: Service {
    /// Where and how spans are sent.
    public struct Configuration: Sendable, Equatable {
        /// The URL of the collector, such as `http://localhost:4318/v1/traces`.
        public var url: String
        /// The header fields of each request. They may contain a secret.
        public var headers: HTTPFields = [:]
        /// The attributes of the service, such as `service.name`.
        public var resource: [String: String] = [:]
        /// The time limit of a request.
        public var timeout: Duration = .seconds(10)
        /// How long a span waits for others at most.
        public var delay: Duration = .seconds(5)

        /// Creates the default configuration for a collector.
        public init(url: String) { self.url = url }
    }

    private enum Outcome { case accepted, rejected, failed }

    private let configuration: Configuration
    private let queue: SpanQueue
    private let http: HTTPClient
    private let failure = FailureReport()

    /// How long the shutdown waits for the export of what is left.
    private static let shutdownTime = Duration.seconds(2)

    /// Creates an exporter, which sends nothing before it runs.
    public init(of queue: SpanQueue, _ configuration: Configuration) {
        self.queue = queue
        self.configuration = configuration
        var client = HTTPClient.Configuration()
        client.deadline = configuration.timeout
        client.userAgent = "hallpass-otlp"
        http = HTTPClient(configuration: client)
    }

    /// Exports until the shutdown, then sends what is left within two seconds.
    public func run() async throws {
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                group.addTask {
                    await cancelWhenGracefulShutdown {
                        while (try? await Task.sleep(for: configuration.delay)) != nil { queue.notify() }
                    }
                }
                for await _ in queue.fullBatches { await export() }
                group.cancelAll()
                await export(until: .now + Self.shutdownTime)
                queue.removeFirst(queue.count, areDropped: true)
            }
        } onGracefulShutdown: {
            queue.finish()
        }
        await http.shutdown()
    }

    /// Sends batches until nothing waits or the collector is away.
    func export(until deadline: ContinuousClock.Instant? = nil) async {
        while case let batch = queue.batch(), !batch.isEmpty {
            let remaining = deadline.map { $0 - .now } ?? configuration.timeout
            guard remaining > .zero else { return }
            switch await send(batch, within: min(remaining, configuration.timeout)) {
            case .accepted: queue.removeFirst(batch.count, areDropped: false)
            case .rejected: queue.removeFirst(batch.count, areDropped: true)
            case .failed: return
            }
        }
    }

    private func send(_ batch: [SpanRecord], within time: Duration) async -> Outcome {
        do {
            let body = try JSONEncoder().encode(ExportTraceRequest(batch, resource: configuration.resource))
            var headers = configuration.headers
            headers[.contentType] = "application/json"
            let response = try await http.execute(
                .init(method: .post, url: configuration.url, headers: headers, body: Array(body), deadline: time))
            if response.status.kind == .successful {
                failure.end()
                return .accepted
            }
            failure.begin("the collector responded with \(response.status.code)")
            // These statuses ask for a repetition (OTLP, "Retryable Response Codes").
            return [429, 502, 503, 504].contains(response.status.code) ? .failed : .rejected
        } catch {
            failure.begin("\(error)")
            return .failed
        }
    }
}

/// Logs when the export begins to fail and when it works again, instead of each failure.
private final class FailureReport: Sendable {
    private let isFailing = Mutex(false)
    private let logger = Logger(label: "traces")

    func begin(_ reason: String) {
        Counter(label: "trace_export_failures").increment()
        guard isFailing.withLock({ $0.set(true) }) else { return }
        logger.warning("Spans cannot be exported. Check OTEL_EXPORTER_OTLP_ENDPOINT.", metadata: ["error": "\(reason)"])
    }

    func end() {
        guard isFailing.withLock({ $0.set(false) }) else { return }
        logger.notice("The collector accepts spans again.")
    }
}

extension Bool {
    /// Sets the value, and returns whether it changed.
    fileprivate mutating func set(_ value: Bool) -> Bool {
        defer { self = value }
        return self != value
    }
}
