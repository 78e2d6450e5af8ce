import FoundationEssentials
import JWT

/// A number of seconds without rounding, with up to 38 digits.
struct ExactSeconds: Comparable {
    let exact: Decimal
    let roundedUp: NumericDate

    var isWhole: Bool { exact == Decimal(roundedUp.seconds) }

    init(_ date: NumericDate) {
        exact = Decimal(date.seconds)
        roundedUp = date
    }

    static func < (a: ExactSeconds, b: ExactSeconds) -> Bool { a.exact < b.exact }

    /// Nil when the value is not a number, or does not fit into 64 bits.
    init?(_ value: JSONValue) {
        guard let date = NumericDate(value) else { return nil }
        roundedUp = date
        exact = Decimal(string: value.text) ?? Decimal(date.seconds)
    }
}
