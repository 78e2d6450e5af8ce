public import Foundation
public import JWT
import ServiceRuntime

extension NumericDate {
    /// The second that a moment lies in.
    public init(_ date: Date) {
        self.init(seconds: Int64(date.timeIntervalSince1970.rounded(.down)))
    }
}

extension Date {
    /// The moment at which a second begins.
    public init(_ date: NumericDate) {
        self.init(timeIntervalSince1970: Double(date.seconds))
    }
}

extension WallClock {
    /// The present second, as tokens tell time.
    var second: NumericDate { NumericDate(now()) }
}
