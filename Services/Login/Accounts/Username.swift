import ServiceRuntime

/// The user name with which a person signs in: 3 to 32 characters of `a-z 0-9 . _ -`.
struct Username: Sendable, Hashable {
    /// The rule for user names, as the rest of a sentence that begins with "username".
    static let rule = "must have 3 to 32 characters of a-z, 0-9, '.', '_' and '-'"

    private static let lengths = 3...32

    let text: String

    /// Folds `A-Z` to lower case. Nil when the text breaks the rule.
    init?(_ text: String) {
        guard Self.lengths.contains(text.utf8.count), text.utf8.allSatisfy(Self.isAllowed) else { return nil }
        self.text = text.lowercased()
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        byte.isASCIILetter || byte.isASCIIDigit || "._-".utf8.contains(byte)
    }
}
