import ServiceRuntime

/// The user name with which a person signs in: 3 to 32 characters of `a-z 0-9 . _ -`. A new one does not begin with `-`.
struct Username: Sendable, Hashable {
    /// The rule for user names, as the rest of a sentence that begins with "username".
    static let rule = "must have 3 to 32 characters of a-z, 0-9, '.', '_' and '-', and must not begin with '-'"

    private static let lengths = 3...32

    let text: String

    /// Whether an account may get this name. Commands would take a name that begins with `-` for an option.
    var isAllowedForNewAccounts: Bool { !text.hasPrefix("-") }

    /// Reads a typed name: drops the white space around it, and folds `A-Z` to lower case. Nil when the rest is not a
    /// user name.
    init?(_ typed: String) {
        let text = Self.trimmed(typed)
        guard Self.lengths.contains(text.utf8.count), text.utf8.allSatisfy(Self.isAllowed) else { return nil }
        self.text = text.lowercased()
    }

    /// The text without the white space around it, as Unicode defines white space.
    private static func trimmed(_ text: String) -> String {
        let scalars = text.unicodeScalars.drop(while: \.properties.isWhitespace)
        let end = scalars.lastIndex { !$0.properties.isWhitespace }
        return end.map { String(scalars[...$0]) } ?? ""
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        byte.isASCIILetter || byte.isASCIIDigit || "._-".utf8.contains(byte)
    }
}
