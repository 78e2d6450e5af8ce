/// The name with which a person signs in: 3 to 32 of `a-z 0-9 . _ -`, in lower case.
struct Username: Sendable, Hashable {
    /// What is wrong with a text that is no user name.
    static let rule = "must have 3 to 32 characters of a-z, 0-9, '.', '_' and '-'"

    private static let lengths = 3...32

    let text: String

    /// Folds `A-Z` to lower case. Nil when the text has other characters, or too few or too many.
    init?(_ text: String) {
        guard Self.lengths.contains(text.utf8.count) else { return nil }
        let folded = text.utf8.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }
        guard folded.allSatisfy(Self.isAllowed) else { return nil }
        self.text = String(decoding: folded, as: UTF8.self)
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."),
            UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
