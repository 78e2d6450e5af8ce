/// Limits retries to a share of the calls to one origin, so a server that is overloaded gets no multiple of its load.
///
/// Each call adds a tenth of a retry, and each retry takes one. At most ten are saved, and a new budget has ten.
struct RetryBudget {
    private static let maximumTenths = 100
    private static let tenthsPerRetry = 10

    private var tenths = maximumTenths

    /// Adds the share of one call.
    mutating func addCall() { tenths = min(Self.maximumTenths, tenths + 1) }

    /// Takes one retry. Returns false when none is left.
    mutating func takeRetry() -> Bool {
        guard tenths >= Self.tenthsPerRetry else { return false }
        tenths -= Self.tenthsPerRetry
        return true
    }
}
