public import Database
public import Foundation

extension UUID {
    /// Parses a UUID from a client: 36 characters, hexadecimal digits of either case (RFC 9562 §4). Nil for any other text.
    public init?(text: some StringProtocol) {
        self.init(lowercase: text.lowercased())
    }

    /// Parses the spelling that this system writes: 36 characters, lower case. Nil for any other text.
    ///
    /// Each UUID has one such spelling, so code can compare and store the text without conversion.
    public init?(lowercase text: some StringProtocol) {
        guard let uuid = UUID(uuidString: String(text)), uuid.lowercase.utf8.elementsEqual(text.utf8) else {
            return nil
        }
        self = uuid
    }

    /// The 36 characters of the UUID in lower case.
    public var lowercase: String {
        uuidString.lowercased()
    }
}

/// UUIDs are stored as lower-case text, in columns of type `TEXT`.
extension UUID: Storable {
    /// Reads a text that is a UUID in lower case. Nil for any other value.
    public init?(_ value: SQLValue) {
        guard case .text(let text) = value else { return nil }
        self.init(lowercase: text)
    }

    /// The UUID as lower-case text.
    public var value: SQLValue { .text(lowercase) }
}
