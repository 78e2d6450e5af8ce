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
        return text.escapedForLog { $0.escaped(asASCII: true) }.cut(toBytes: maximumLineBytes)
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
        // JSON escapes the control characters below U+0020 only. The others can occur in texts only.
        return String(decoding: bytes ?? [], as: UTF8.self).escapedForLog { scalar in
            scalar.utf16.map { "\\u" + String(0x1_0000 + UInt32($0), radix: 16).dropFirst() }.joined()
        }
    }
}
