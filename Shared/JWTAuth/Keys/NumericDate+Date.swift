public import Foundation
public import JWT
import ServiceRuntime

extension NumericDate {
    /// Creates the numeric date of a time, rounded down to whole seconds.
    public init(_ date: Date) {
        self.init(seconds: Int64(date.timeIntervalSince1970.rounded(.down)))
    }
}

extension Date {
    /// Creates the time at which the second of a numeric date begins.
    public init(_ date: NumericDate) {
        self.init(timeIntervalSince1970: Double(date.seconds))
    }
}

extension WallClock {
    /// The current time in whole seconds, as tokens express it.
    var second: NumericDate { NumericDate(now()) }
}
