/// A value in a column or a parameter.
public enum SQLValue: Sendable, Hashable {
    /// SQL's `NULL`.
    case null
    /// A column of type `BIGINT`.
    case integer(Int)
    /// A column of type `TEXT`: UTF-8, compared and sorted as bytes, without U+0000.
    case text(String)
    /// A column of type `BYTEA`.
    case bytes([UInt8])
    /// A column of type `BOOLEAN`. SQLite gives it back as the integer 0 or 1.
    case boolean(Bool)
}

/// A Swift type that a column can hold. An optional of it may be null.
public protocol Storable: Sendable {
    /// Nil when the value is of another type.
    init?(_ value: SQLValue)
    /// The value to store.
    var value: SQLValue { get }
}

extension SQLValue: Storable {
    /// Any value is itself.
    public init?(_ value: SQLValue) { self = value }
    /// The value itself.
    public var value: SQLValue { self }
}

extension Int: Storable {
    /// Nil unless the value is an integer.
    public init?(_ value: SQLValue) {
        guard case .integer(let integer) = value else { return nil }
        self = integer
    }
    /// The integer to store.
    public var value: SQLValue { .integer(self) }
}

extension String: Storable {
    /// Nil unless the value is text.
    public init?(_ value: SQLValue) {
        guard case .text(let text) = value else { return nil }
        self = text
    }
    /// The text to store.
    public var value: SQLValue { .text(self) }
}

extension Bool: Storable {
    /// Nil unless the value is a boolean, or the integer 0 or 1.
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
    /// Nil unless the value is a string of bytes.
    public init?(_ value: SQLValue) {
        guard case .bytes(let bytes) = value else { return nil }
        self = bytes
    }
    /// The bytes to store.
    public var value: SQLValue { .bytes(self) }
}

extension Optional: Storable where Wrapped: Storable {
    /// `.some(nil)` when the value is null; nil when it is of another type.
    public init?(_ value: SQLValue) {
        if value == .null {
            self = .none
        } else if let wrapped = Wrapped(value) {
            self = .some(wrapped)
        } else {
            return nil
        }
    }
    /// The value to store: `null` for nil.
    public var value: SQLValue { self?.value ?? .null }
}
