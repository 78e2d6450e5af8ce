import Synchronization

/// Slows down the sign-ups from one network: after the first ones, it lets one sign-up a second go on.
///
/// A few sign-ups wait for that; the others are told when to come again. The clock is steady, and the counts live in
/// the memory of this process.
final class SignupThrottle: Sendable {
    /// The number of sign-ups of a network that do not wait.
    static let freeSignups = 60
    /// The time in which a network gets one more sign-up.
    static let interval = Duration.seconds(1)
    /// The longest wait.
    static let maximumWait = Duration.seconds(5)
    /// The maximum number of networks whose sign-ups are counted.
    static let maximumNetworks = 10_000

    /// The decision about a sign-up.
    enum Decision: Sendable, Equatable {
        /// It goes on after this time.
        case admitted(after: Duration)
        /// It may be sent again after this many seconds, at least 1.
        case throttled(retryAfterSeconds: Int)
    }

    /// For each network, the time at which all its free sign-ups are there again.
    private let recoveries = Mutex<[String: ContinuousClock.Instant]>([:])

    /// Admits a sign-up from a network, or returns how long to wait.
    func admit(_ network: String, at now: ContinuousClock.Instant = .now) -> Decision {
        recoveries.withLock { recoveries in
            let recovery = max(recoveries[network] ?? now, now)
            let wait = max(.zero, now.duration(to: recovery) - Self.interval * (Self.freeSignups - 1))
            guard wait <= Self.maximumWait else {
                return .throttled(retryAfterSeconds: max(1, Int((wait - Self.maximumWait).components.seconds) + 1))
            }
            if recoveries[network] == nil { Self.makeRoom(in: &recoveries, at: now) }
            recoveries[network] = recovery + Self.interval
            return .admitted(after: wait)
        }
    }

    /// Takes back an admitted sign-up for which nothing was hashed.
    func takeBack(_ network: String) {
        recoveries.withLock { recoveries in
            recoveries[network] = recoveries[network].map { $0 - Self.interval }
        }
    }

    private static func makeRoom(
        in recoveries: inout [String: ContinuousClock.Instant], at now: ContinuousClock.Instant
    ) {
        guard recoveries.count >= maximumNetworks else { return }
        recoveries = recoveries.filter { $0.value > now }
        guard recoveries.count >= maximumNetworks else { return }
        for (network, _) in recoveries.sorted(by: { $0.value < $1.value }).prefix(maximumNetworks / 10) {
            recoveries[network] = nil
        }
    }
}
