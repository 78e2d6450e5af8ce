import FoundationEssentials

/// The textual encoding of keys and certificates (RFC 7468).
enum PEM {
    /// The text of a block with this label.
    static func text(_ label: String, _ bytes: [UInt8]) -> String {
        let base64 = Data(bytes).base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed])
        return "-----BEGIN \(label)-----\n\(base64)\n-----END \(label)-----\n"
    }

    /// The bytes of each block whose label ends with this text, such as `PRIVATE KEY` for all forms of private keys. A block
    /// without base64 is left out, such as one with header fields.
    static func blocks(labelEnding label: String, in text: String) -> [[UInt8]] {
        var rest = text.split(whereSeparator: \.isNewline)[...]
        var blocks: [[UInt8]] = []
        while let start = rest.firstIndex(where: { isBeginning($0, labelEnding: label) }) {
            rest = rest[(start + 1)...]
            let content = rest.prefix { !$0.hasPrefix("-----") }
            rest = rest.dropFirst(content.count)
            if let bytes = Data(base64Encoded: content.joined()) { blocks.append(Array(bytes)) }
        }
        return blocks
    }

    /// The number of blocks whose label ends with this text.
    static func count(labelEnding label: String, in text: String) -> Int {
        text.split(whereSeparator: \.isNewline).count { isBeginning($0, labelEnding: label) }
    }

    private static func isBeginning(_ line: Substring, labelEnding label: String) -> Bool {
        line.hasPrefix("-----BEGIN ") && line.hasSuffix("\(label)-----")
    }
}
