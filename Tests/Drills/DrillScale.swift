/// How much a drill does: a few seconds of work for each test run, or enough for reliable figures.
enum DrillScale: Sendable {
    case short, long

    /// One of two values.
    func choose<Value>(_ short: Value, _ long: Value) -> Value {
        self == .short ? short : long
    }

    /// The longest acceptable duration: `bound` on a machine without other load.
    ///
    /// The short drills run beside other tests, whose load may delay everything. They only measure durations, so their
    /// limit is longer than a test may take.
    func limit(_ bound: Duration) -> Duration {
        choose(.seconds(3600), bound)
    }
}
