import Logging

/// A log handler that writes each event as one line: `<time> <level> <label>: <key>=<value> … [<source>] <message>`.
///
/// It cuts a line to 4 KiB.
struct TextLogHandler: LogHandler {
    let label: String
    let clock: WallClock
    let writer: LogWriter
    var logLevel = Logger.Level.info
    var metadata = Logger.Metadata()

    private static let maximumLineBytes = 4 << 10

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let members = event.metadata.map { metadata.merging($0) { $1 } } ?? metadata
        var line = "\(clock.now().rfc3339) \(event.level.rawValue) \(label):"
        for (key, value) in members.sorted(by: { $0.key < $1.key }) { line += " \(key)=\(value)" }
        line += " [\(event.source)] \(event.message)"
        writer.write(Self.escaped(line).cut(toBytes: Self.maximumLineBytes) + "\n")
    }

    /// The text with control characters escaped, so text from a client cannot begin a line.
    private static func escaped(_ text: String) -> String {
        guard !text.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) else { return text }
        return text.unicodeScalars.reduce(into: "") { escaped, scalar in
            let isControl = scalar.properties.generalCategory == .control
            escaped += isControl ? scalar.escaped(asASCII: true) : String(scalar)
        }
    }
}
