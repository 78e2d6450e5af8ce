extension Duration {
    /// The duration in whole milliseconds, rounded up, from 0 to about 24 days.
    var milliseconds: Int {
        let limit = Int64(Int32.max / 1000)
        guard self > .zero else { return 0 }
        guard self < .seconds(limit) else { return Int(limit) * 1000 }
        let (seconds, attoseconds) = components
        let perMillisecond: Int64 = 1_000_000_000_000_000
        return Int(seconds * 1000 + (attoseconds + perMillisecond - 1) / perMillisecond)
    }
}
