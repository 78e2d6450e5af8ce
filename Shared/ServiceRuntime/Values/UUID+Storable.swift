public import Database
public import Foundation

extension UUID {
    /// Parses the only accepted spelling of a UUID: 36 characters, lower case. Nil for any other text.
    ///
    /// Each UUID has one spelling, so code can compare and store the text without conversion.
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
    /// Reads a text that is a UUID in its only accepted spelling. Nil for any other value.
    public init?(_ value: SQLValue) {
        guard case .text(let text) = value else { return nil }
        self.init(lowercase: text)
    }

    /// The UUID as lower-case text.
    public var value: SQLValue { .text(lowercase) }
}
