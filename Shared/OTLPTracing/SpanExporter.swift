import CurlClient
import Foundation
public import HTTPTypes
import Logging
import Metrics
public import ServiceLifecycle
import Synchronization

/// Sends the spans of a queue to a collector, in batches: OTLP/HTTP in JSON (OpenTelemetry Protocol 1.x).
///
/// While the collector is away, the spans stay in the queue, and `Backoff` delays the next export. Spans that the collector
/// rejects are dropped.
public struct SpanExporter: Service {
    /// Where and how spans are sent.
    public struct Configuration: Sendable, Equatable, CustomStringConvertible {
        /// The URL of the collector, such as `http://localhost:4318/v1/traces`.
        public var url: String
        /// The header fields of each request. They may contain a secret.
        public var headers: HTTPFields = [:]
        /// The attributes of the service, such as `service.name`.
        public var resource: [String: String] = [:]
        /// The path of a PEM file with the certificate authorities to trust, in place of the system's; nil for the system's.
        public var trustedAuthoritiesPath: String?
        /// The paths of the PEM files for collectors that ask for a certificate: that certificate and its private key.
        public var clientCertificatePath, clientKeyPath: String?
        /// The time limit of a request.
        public var timeout: Duration = .seconds(10)
        /// How long a span waits for others at most.
        public var delay: Duration = .seconds(5)

        /// Creates the default configuration for a collector.
        public init(url: String) { self.url = url }

        /// The URL. ServiceLifecycle logs the description of each service, which must not contain the header fields.
        public var description: String { url }

        /// Whether `headers` may contain a field: the HTTP client itself sets those that frame the message, such as `Host`.
        public static func allowsHeader(_ name: HTTPField.Name) -> Bool { !HTTPClient.Request.isReserved(name) }
    }

    /// The result of sending a batch.
    enum Outcome: Equatable {
        /// The batch must not be sent again. All its spans are accepted but this number.
        case done(dropped: Int)
        /// The batch stays in the queue. The collector may say when to send it again.
        case retryable(after: Duration?)
    }

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
        client.trustedAuthoritiesPath = configuration.trustedAuthoritiesPath
        if let certificate = configuration.clientCertificatePath, let key = configuration.clientKeyPath {
            client.clientCertificate = .init(certificatePath: certificate, keyPath: key)
        }
        client.userAgent = "hallpass-otlp"
        client.propagatedHeaders = Self.unrecordedTrace
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
                var backoff = Backoff()
                for await _ in queue.fullBatches where backoff.isOver(at: .now) {
                    // The shutdown cancels a request to a collector that does not respond. Its spans stay in the queue.
                    backoff.update(after: await cancelWhenGracefulShutdown { await export() }, at: .now)
                }
                group.cancelAll()
                // Another task sends the last spans, because this one is cancelled if requests take too long to complete.
                _ = await Task { await export(until: .now + Self.shutdownTime) }.value
                let rest = queue.count
                queue.removeFirst(rest, dropped: rest)
            }
        } onGracefulShutdown: {
            queue.finish()
        }
        await http.shutdown()
    }

    /// Sends what waits at the call, and each batch that fills meanwhile, until the collector is away.
    ///
    /// Later spans that fill no batch wait for the next export, so they do not cause a request each.
    @discardableResult
    func export(until deadline: ContinuousClock.Instant? = nil) async -> Outcome {
        var rest = queue.count
        while rest > 0 || queue.hasFullBatch, case let batch = queue.batch(), !batch.isEmpty {
            let remaining = deadline.map { $0 - .now } ?? configuration.timeout
            guard remaining > .zero else { return .retryable(after: nil) }
            let outcome = await send(batch, within: min(remaining, configuration.timeout))
            guard case .done(let dropped) = outcome else { return outcome }
            queue.removeFirst(batch.count, dropped: dropped)
            rest -= batch.count
        }
        return .done(dropped: 0)
    }

    private func send(_ batch: [SpanRecord], within time: Duration) async -> Outcome {
        do {
            let body = try ExportTraceRequest(batch, resource: configuration.resource).json
            var headers = configuration.headers
            headers[.contentType] = "application/json"
            let response = try await http.execute(
                .init(method: .post, url: configuration.url, headers: headers, body: Array(body), deadline: time))
            return outcome(of: response, to: batch)
        } catch let error as HTTPClientError where error.code == .cancelled {
            return .retryable(after: nil)
        } catch {
            failure.begin("\(error)")
            // Another attempt with the same spans would have the same result.
            let isFinal = [nil, .invalidRequest, .responseTooLarge].contains((error as? HTTPClientError)?.code)
            return isFinal ? .done(dropped: batch.count) : .retryable(after: nil)
        }
    }

    private func outcome(of response: HTTPClient.Response, to batch: [SpanRecord]) -> Outcome {
        guard response.status.kind == .successful else {
            failure.begin("the collector responded with \(response.status.code)")
            // These statuses ask for a repetition (OTLP, "Retryable Response Codes").
            guard [429, 502, 503, 504].contains(response.status.code) else { return .done(dropped: batch.count) }
            return .retryable(after: response.retryAfter)
        }
        let rejected = min(ExportTraceResponse(json: response.body).rejectedSpans, batch.count)
        if rejected > 0 {
            failure.begin("the collector rejected \(rejected) of \(batch.count) spans")
        } else {
            failure.end()
        }
        return .done(dropped: rejected)
    }

    /// The trace of an export, which is not recorded. A collector that is traced itself would otherwise send a span about
    /// each export.
    private static func unrecordedTrace() -> HTTPFields {
        let trace = TraceContext(traceID: IDGenerator.traceID(), spanID: IDGenerator.spanID(), isSampled: false)
        return [.traceparent: trace.traceparent]
    }
}

/// Logs when the export begins to fail and when it works again, instead of each failure.
private final class FailureReport: Sendable {
    private let isFailing = Mutex(false)
    private let logger = Logger(label: "traces")

    func begin(_ reason: String) {
        Counter(label: "trace_export_failures").increment()
        guard isFailing.withLock({ $0.set(true) }) else { return }
        logger.warning(
            "Spans cannot be exported. Check the collector and OTEL_EXPORTER_OTLP_ENDPOINT.",
            metadata: ["error": "\(reason)"])
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
