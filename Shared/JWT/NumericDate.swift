/// Seconds since 1970-01-01T00:00:00Z, leap seconds left out (RFC 7519 section 2).
///
/// A token may name a fraction of a second. It is rounded up to the next whole second when it is read: compared with a
/// clock of whole seconds, which is what every `now` here is, that decides "expired" and "not yet valid" exactly as the
/// fraction itself would.
public struct NumericDate: Sendable, Hashable, Comparable, CustomStringConvertible, ExpressibleByIntegerLiteral {
    /// Whole seconds since 1970; negative before it.
    public var seconds: Int64

    /// The moment so many seconds after 1970.
    public init(seconds: Int64) {
        self.seconds = seconds
    }

    /// The moment so many seconds after 1970.
    public init(integerLiteral seconds: Int64) {
        self.seconds = seconds
    }

    /// The seconds as a decimal number.
    public var description: String { String(seconds) }

    /// Earlier is less.
    public static func < (a: NumericDate, b: NumericDate) -> Bool { a.seconds < b.seconds }

    /// The moment so many seconds later; stays at the last moment there is instead of overflowing.
    public static func + (date: NumericDate, seconds: Int64) -> NumericDate {
        let (sum, overflow) = date.seconds.addingReportingOverflow(seconds)
        return NumericDate(seconds: overflow ? (seconds > 0 ? .max : .min) : sum)
    }

    /// How many seconds lie between two moments; stays at the largest number instead of overflowing.
    public static func - (a: NumericDate, b: NumericDate) -> Int64 {
        let (difference, overflow) = a.seconds.subtractingReportingOverflow(b.seconds)
        return overflow ? (a > b ? .max : .min) : difference
    }
}

extension NumericDate {
    /// The moment that a claim names; nil when it is not a number, or outside of 64 bits. A fraction is rounded up.
    public init?(_ claim: JSONValue) {
        switch claim {
        case .integer(let seconds): self.init(seconds: seconds)
        case .number(let text):
            guard JSONScanner.isNumber(text.utf8.span) else { return nil }
            self.init(JSONSlice(0, text.utf8.count, .number), in: text.utf8.span)
        default: return nil
        }
    }
}

extension NumericDate: Codable {
    /// Reads a number of seconds; a fraction is rounded up. Decoders of others give it as a `Double`, which is not exact.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let date = (decoder as? JSONValueDecoder).flatMap({ NumericDate($0.value) }) {
            self = date
        } else if let seconds = try? container.decode(Int64.self) {
            self.init(seconds: seconds)
        } else if let seconds = Int64(exactly: try container.decode(Double.self).rounded(.up)) {
            self.init(seconds: seconds)
        } else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "the date lies outside of what 64 bits can tell")
        }
    }

    /// Writes the whole seconds.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(seconds)
    }
}
