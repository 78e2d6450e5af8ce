import FoundationEssentials

/// The textual encoding of keys and certificates (RFC 7468).
enum PEM {
    /// The text of a block with this label.
    static func text(_ label: String, _ bytes: [UInt8]) -> String {
        let base64 = Data(bytes).base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed])
        return "-----BEGIN \(label)-----\n\(base64)\n-----END \(label)-----\n"
    }

    /// The bytes of the first block whose label ends with this text, such as `PRIVATE KEY` for all forms of private keys; nil
    /// if no block has such a label, or its content is not base64, as in a block with header fields.
    static func bytes(labelEnding label: String, in text: String) -> [UInt8]? {
        let lines = text.split(whereSeparator: \.isNewline).drop {
            !($0.hasPrefix("-----BEGIN ") && $0.hasSuffix("\(label)-----"))
        }
        let content = lines.dropFirst().prefix { !$0.hasPrefix("-----END ") }
        return lines.isEmpty ? nil : Data(base64Encoded: content.joined()).map { Array($0) }
    }
}
