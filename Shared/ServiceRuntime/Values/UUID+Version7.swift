public import Foundation

extension UUID {
    /// Creates a UUID of version 7 (RFC 9562 §5.7): 48 bits of milliseconds since 1970, then 74 random bits.
    ///
    /// UUIDs of different milliseconds sort by their time.
    ///
    /// - Parameters:
    ///   - date: The time that the UUID contains. Times before 1970 count as 1970.
    ///   - random: The source of the random bits.
    public static func version7(
        at date: Date, using random: inout some RandomNumberGenerator
    ) -> UUID {
        let milliseconds = UInt64(max(0, date.milliseconds))
        let high = random.next(upperBound: UInt64(1) << 12)
        let low = random.next(upperBound: UInt64(1) << 62)
        let first = milliseconds << 16 | 0x7000 | high
        let second = UInt64(0b10) << 62 | low
        func byte(_ index: UInt64) -> UInt8 {
            UInt8(truncatingIfNeeded: (index < 8 ? first : second) >> (56 - 8 * (index % 8)))
        }
        return UUID(
            uuid: (
                byte(0), byte(1), byte(2), byte(3), byte(4), byte(5), byte(6), byte(7),
                byte(8), byte(9), byte(10), byte(11), byte(12), byte(13), byte(14), byte(15)
            ))
    }

    /// Creates a UUID of version 7 with random bits from the system's secure source.
    ///
    /// - Parameter date: The time that the UUID contains. Times before 1970 count as 1970.
    public static func version7(at date: Date) -> UUID {
        var random = SystemRandomNumberGenerator()
        return version7(at: date, using: &random)
    }
}
