extension String {
    /// The text with `[redacted]` in place of all parts that look like secrets: `SecretScanner` says which.
    ///
    /// The work is linear in the size of the text.
    package func redacted() -> String {
        guard utf8.count >= SecretScanner.minimumBytes else { return self }
        // Line folding, also encoded, may split a token into parts that look like none.
        let mayHaveFolding = utf8.contains { $0.isLineBreak || $0 == UInt8(ascii: "%") }
        return (mayHaveFolding ? redacted(unfolding: true) : self).redacted(unfolding: false)
    }

    private func redacted(unfolding: Bool) -> String {
        let bytes = Array(utf8)
        let text = PercentDecodedText(bytes, unfolding: unfolding)
        var scanner = SecretScanner(text, findsOnlyTokens: unfolding)
        var (redacted, copiedEnd) = ([UInt8](), 0)
        while let secret = scanner.next() {
            // Other secrets are found together with what names them.
            guard !unfolding || text.isFolded(secret) else { continue }
            let range = text.encodedRange(secret)
            redacted += bytes[copiedEnd..<range.lowerBound]
            redacted += SecretScanner.replacement
            copiedEnd = range.upperBound
        }
        guard copiedEnd > 0 else { return self }
        return String(decoding: redacted + bytes[copiedEnd...], as: UTF8.self)
    }

    /// The text if `name`, which it is the value of, does not name a secret; otherwise `[redacted]`.
    func redacted(named name: String) -> String {
        Array(name.utf8)[...].namesSecret ? String(decoding: SecretScanner.replacement, as: UTF8.self) : redacted()
    }
}
