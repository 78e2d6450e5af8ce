/// The form of a log line: `LOG_FORMAT`.
enum LogFormat: Equatable {
    /// `<time> <level> <label>: <key>=<value> … [<source>] <message>`, cut to 4 KiB.
    case text
    /// `{"time", "level", "label", "source", "message", …metadata}`, each value cut to 1 KiB. No metadata replaces the first five.
    case json

    private static let maximumLineBytes = 4 << 10
    private static let maximumValueBytes = 1 << 10

    /// The line without a line break.
    func encode(_ line: LogLine) -> String {
        switch self {
        case .text: Self.encodeText(line)
        case .json: Self.encodeJSON(line)
        }
    }

    private static func encodeText(_ line: LogLine) -> String {
        var text = "\(line.time) \(line.level) \(line.label):"
        for (key, value) in line.metadata { text += " \(key)=\(value)" }
        text += " [\(line.source)] \(line.message)"
        return escaped(text).cut(toBytes: maximumLineBytes)
    }

    /// The text with control characters escaped, so text from a client cannot begin a line.
    private static func escaped(_ text: String) -> String {
        guard !text.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) else { return text }
        return text.unicodeScalars.reduce(into: "") { escaped, scalar in
            let isControl = scalar.properties.generalCategory == .control
            escaped += isControl ? scalar.escaped(asASCII: true) : String(scalar)
        }
    }

    private static func encodeJSON(_ line: LogLine) -> String {
        var members = Dictionary(uniqueKeysWithValues: line.metadata.map { ($0.key, $0.value) })
        members["time"] = line.time
        members["level"] = line.level
        members["label"] = line.label
        members["source"] = line.source
        members["message"] = line.message
        // Encoding texts never fails.
        let bytes = try? JSONBodyEncoder.bytes(of: members.mapValues { $0.cut(toBytes: maximumValueBytes) })
        return String(decoding: bytes ?? [], as: UTF8.self)
    }
}
