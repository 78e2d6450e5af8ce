public import Foundation
public import JWT
import ServiceRuntime

extension NumericDate {
    /// The second that contains a time.
    public init(_ date: Date) {
        self.init(seconds: Int64(date.timeIntervalSince1970.rounded(.down)))
    }
}

extension Date {
    /// The time at which a second begins.
    public init(_ date: NumericDate) {
        self.init(timeIntervalSince1970: Double(date.seconds))
    }
}

extension WallClock {
    /// The present time in whole seconds, as tokens express it.
    var second: NumericDate { NumericDate(now()) }
}
