extension Duration {
    /// The duration in whole milliseconds, rounded up, from 0 to about 24 days.
    var milliseconds: Int {
        let (seconds, attoseconds) = components
        let limit = Int64(Int32.max / 1000)
        guard seconds < limit else { return Int(limit) * 1000 }
        let perMillisecond: Int64 = 1_000_000_000_000_000
        return max(0, Int(seconds * 1000 + (attoseconds + perMillisecond - 1) / perMillisecond))
    }
}
