import Logging
import Synchronization

@testable import ServiceRuntime

/// The log lines of a test.
final class RecordedLog: Sendable {
    struct Line: Equatable {
        let level: Logger.Level
        let message: String
        let source: String
        let metadata: [String: String]
    }

    private let list = Mutex<[Line]>([])

    var lines: [Line] { list.withLock { $0 } }

    /// A logger that records the lines of all levels here, with the ids of traces as in a service.
    var logger: Logger { Logger(label: "test") { _ in Handler(log: self) } }

    private struct Handler: LogHandler {
        let log: RecordedLog
        var logLevel = Logger.Level.trace
        var metadata = Logger.Metadata()

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            var members = metadata
            members.merge(event.metadata ?? [:]) { $1 }
            members.merge((TraceIDs.current?.members ?? []).map { ($0.key, .string($0.value)) }) { own, _ in own }
            let line = Line(
                level: event.level, message: event.message.description, source: event.source,
                metadata: members.mapValues(\.description))
            log.list.withLock { $0.append(line) }
        }
    }
}
