import Foundation
import Logging

/// A log handler that writes each event as one line of JSON: `{"time", "level", "label", "message", …metadata}`.
struct JSONLogHandler: LogHandler {
    let label: String
    let clock: WallClock
    /// The file to write to.
    var output = FileHandle.standardError
    var logLevel = Logger.Level.info
    var metadata = Logger.Metadata()

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var members = metadata.merging(event.metadata ?? [:]) { $1 }.mapValues(\.description)
        members["time"] = clock.now().rfc3339
        members["level"] = event.level.rawValue
        members["label"] = label
        members["message"] = event.message.description
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let line = try? encoder.encode(members) else { return }
        try? output.write(contentsOf: line + [UInt8(ascii: "\n")])
    }
}
