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
        var halves: (high: UInt64, low: UInt64) = (0, 0)
        var length = 0
        for byte in text.utf8 {
            switch length {
            case 8, 13, 18, 23: guard byte == UInt8(ascii: "-") else { return nil }
            case ..<36:
                guard byte.isLowercaseHexDigit, let digit = byte.hexDigitValue else { return nil }
                halves.high = halves.high << 4 | halves.low >> 60
                halves.low = halves.low << 4 | UInt64(digit)
            default: return nil
            }
            length += 1
        }
        guard length == 36 else { return nil }
        self.init(high: halves.high, low: halves.low)
    }

    /// Creates a UUID from its first and its last eight bytes.
    private init(high: UInt64, low: UInt64) {
        func byte(_ half: UInt64, _ index: UInt64) -> UInt8 { UInt8(truncatingIfNeeded: half >> (56 - 8 * index)) }
        self.init(
            uuid: (
                byte(high, 0), byte(high, 1), byte(high, 2), byte(high, 3), byte(high, 4), byte(high, 5),
                byte(high, 6), byte(high, 7), byte(low, 0), byte(low, 1), byte(low, 2), byte(low, 3), byte(low, 4),
                byte(low, 5), byte(low, 6), byte(low, 7)
            ))
    }

    /// The 36 characters of the UUID in lower case.
    public var lowercase: String {
        var text: [UInt8] = []
        text.reserveCapacity(36)
        let bytes = [
            uuid.0, uuid.1, uuid.2, uuid.3, uuid.4, uuid.5, uuid.6, uuid.7,
            uuid.8, uuid.9, uuid.10, uuid.11, uuid.12, uuid.13, uuid.14, uuid.15,
        ]
        for (index, byte) in bytes.enumerated() {
            if index == 4 || index == 6 || index == 8 || index == 10 { text.append(UInt8(ascii: "-")) }
            text.append(.hexDigit(byte >> 4))
            text.append(.hexDigit(byte & 0xF))
        }
        return String(decoding: text, as: UTF8.self)
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
