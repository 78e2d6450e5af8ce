public import Database
public import Foundation

extension Date {
    /// The date in whole milliseconds since 1970, rounded. A date outside the range of `Int` becomes the nearest `Int`.
    public var milliseconds: Int {
        let milliseconds = (timeIntervalSince1970 * 1000).rounded()
        return Int(exactly: milliseconds) ?? (milliseconds < 0 ? .min : .max)
    }

    /// Creates the date that is `milliseconds` after the beginning of 1970 in UTC.
    public init(milliseconds: Int) {
        self.init(timeIntervalSince1970: Double(milliseconds) / 1000)
    }
}

/// Dates are stored as whole milliseconds since 1970, in columns of type `BIGINT`.
extension Date: Storable {
    /// Reads an integer as milliseconds since 1970. Nil for a value of another type.
    public init?(_ value: SQLValue) {
        guard case .integer(let milliseconds) = value else { return nil }
        self.init(milliseconds: milliseconds)
    }

    /// The date in milliseconds since 1970, as an integer.
    public var value: SQLValue { .integer(milliseconds) }
}
