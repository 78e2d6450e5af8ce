/// The value of a column or a parameter.
public enum SQLValue: Sendable, Hashable {
    /// `NULL`.
    case null
    /// An integer of 64 bits, for columns of type `BIGINT`.
    case integer(Int)
    /// A text in UTF-8 without U+0000, for columns of type `TEXT`. It is compared and sorted as bytes.
    case text(String)
    /// Bytes, for columns of type `BYTEA`.
    case bytes([UInt8])
    /// A boolean, for columns of type `BOOLEAN`. It is read as the integer 0 or 1.
    case boolean(Bool)
}

/// A Swift type whose values can be stored in a column. An optional of such a type can also be null.
public protocol Storable: Sendable {
    /// Reads a stored value. Nil if it has another type.
    init?(_ value: SQLValue)
    /// The value to store.
    var value: SQLValue { get }
}

extension SQLValue: Storable {
    /// Returns the value itself.
    public init?(_ value: SQLValue) { self = value }
    /// The value itself.
    public var value: SQLValue { self }
}

extension Int: Storable {
    /// Reads an integer. Nil for a value of another type.
    public init?(_ value: SQLValue) {
        guard case .integer(let integer) = value else { return nil }
        self = integer
    }
    /// The integer to store.
    public var value: SQLValue { .integer(self) }
}

extension String: Storable {
    /// Reads a text. Nil for a value of another type.
    public init?(_ value: SQLValue) {
        guard case .text(let text) = value else { return nil }
        self = text
    }
    /// The text to store.
    public var value: SQLValue { .text(self) }
}

extension Bool: Storable {
    /// Reads a boolean or the integer 0 or 1. Nil for any other value.
    public init?(_ value: SQLValue) {
        switch value {
        case .boolean(let boolean): self = boolean
        case .integer(0): self = false
        case .integer(1): self = true
        default: return nil
        }
    }
    /// The boolean to store.
    public var value: SQLValue { .boolean(self) }
}

extension [UInt8]: Storable {
    /// Reads bytes. Nil for a value of another type.
    public init?(_ value: SQLValue) {
        guard case .bytes(let bytes) = value else { return nil }
        self = bytes
    }
    /// The bytes to store.
    public var value: SQLValue { .bytes(self) }
}

extension Optional: Storable where Wrapped: Storable {
    /// Reads null as `.some(nil)`. Nil for a value of another type.
    public init?(_ value: SQLValue) {
        if value == .null {
            self = .none
        } else if let wrapped = Wrapped(value) {
            self = .some(wrapped)
        } else {
            return nil
        }
    }
    /// The value to store; `null` for nil.
    public var value: SQLValue { self?.value ?? .null }
}
