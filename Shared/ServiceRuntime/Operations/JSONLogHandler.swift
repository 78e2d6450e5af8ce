import Foundation
import Logging

/// A log handler that writes each event as one line of JSON: `{"time", "level", "label", "message", …metadata}`.
///
/// It cuts each value to 1 KiB.
struct JSONLogHandler: LogHandler {
    let label: String
    let clock: WallClock
    let writer: LogWriter
    var logLevel = Logger.Level.info
    var metadata = Logger.Metadata()

    private static let maximumValueBytes = 1 << 10

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var members = metadata.merging(event.metadata ?? [:]) { $1 }.mapValues {
            $0.description.cut(toBytes: Self.maximumValueBytes)
        }
        members["time"] = clock.now().rfc3339
        members["level"] = event.level.rawValue
        members["label"] = label
        members["message"] = event.message.description.cut(toBytes: Self.maximumValueBytes)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let line = try? encoder.encode(members) else { return }
        writer.write(String(decoding: line, as: UTF8.self) + "\n")
    }
}
