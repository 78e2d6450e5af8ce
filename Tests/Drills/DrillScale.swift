/// How much a drill does: a few seconds of work for each test run, or enough for reliable figures.
enum DrillScale: Sendable {
    case short, long

    /// One of two values.
    func choose<Value>(_ short: Value, _ long: Value) -> Value {
        self == .short ? short : long
    }

    /// The longest acceptable duration.
    ///
    /// The short drills run beside other tests, where the disk alone may delay everything by a second. Their limit is
    /// therefore several times `bound`, the limit on a machine without other load.
    func limit(_ bound: Duration) -> Duration {
        choose(bound * 5, bound)
    }
}
