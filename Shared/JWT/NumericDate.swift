/// Seconds since 1970-01-01T00:00:00Z without leap seconds (RFC 7519 section 2).
///
/// A date in a token may have a fraction of a second. Reading rounds it up to the next whole second. Compared with a clock of
/// whole seconds, the rounded date decides "expired" and "not yet valid" exactly as the fraction would.
public struct NumericDate: Sendable, Hashable, Comparable, CustomStringConvertible, ExpressibleByIntegerLiteral {
    /// Whole seconds since 1970. Negative before 1970.
    public var seconds: Int64

    /// The date that is `seconds` seconds after the start of 1970.
    public init(seconds: Int64) {
        self.seconds = seconds
    }

    /// The date that is `seconds` seconds after the start of 1970.
    public init(integerLiteral seconds: Int64) {
        self.seconds = seconds
    }

    /// The seconds as a decimal number.
    public var description: String { String(seconds) }

    /// Whether `a` is earlier than `b`.
    public static func < (a: NumericDate, b: NumericDate) -> Bool { a.seconds < b.seconds }

    /// The date that is `seconds` seconds after `date`. On overflow it is the first or the last possible date.
    public static func + (date: NumericDate, seconds: Int64) -> NumericDate {
        let (sum, overflow) = date.seconds.addingReportingOverflow(seconds)
        return NumericDate(seconds: overflow ? (seconds > 0 ? .max : .min) : sum)
    }

    /// The seconds from `b` to `a`. On overflow they are the smallest or the largest possible number.
    public static func - (a: NumericDate, b: NumericDate) -> Int64 {
        let (difference, overflow) = a.seconds.subtractingReportingOverflow(b.seconds)
        return overflow ? (a > b ? .max : .min) : difference
    }
}

extension NumericDate {
    /// The date in a claim, with a fraction rounded up; nil when it is not a number, or does not fit into 64 bits.
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
    /// Reads a number of seconds, with a fraction rounded up. The decoder of this module reads it exactly. Other decoders give
    /// a fraction as a `Double`.
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
                in: container, debugDescription: "the date does not fit into 64 bits")
        }
    }

    /// Writes the whole seconds.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(seconds)
    }
}
