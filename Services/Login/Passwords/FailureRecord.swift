import Foundation

/// The failed attempts of one pair, one name or one address, and the wait that they cause.
struct FailureRecord: Sendable {
    /// The number of failed attempts.
    private(set) var failures = 0
    /// The number of attempts whose outcome is not known yet.
    private(set) var attemptsInFlight = 0
    private var waitUntil = Date.distantPast
    private var lastFailure = Date.distantPast

    /// The number of failures if all attempts in flight fail.
    var possibleFailures: Int { failures + attemptsInFlight }

    /// The seconds until the next attempt is admitted; nil when one is admitted now.
    ///
    /// - Parameter free: The number of failures that cause no wait.
    func waitSeconds(free: Int, at now: Date) -> Int? {
        let wait = waitUntil.timeIntervalSince(now)
        // A wait above the maximum means that the clock was set back.
        if wait > 0, wait <= LoginThrottle.maximumWaitSeconds { return Int(wait.rounded(.up)) }
        return possibleFailures < free || attemptsInFlight == 0 ? nil : LoginThrottle.firstWaitSeconds
    }

    mutating func begin() {
        attemptsInFlight += 1
    }

    /// Ends an attempt. The store may have forgotten the record since the attempt began, so the count stays at least 0.
    mutating func end() {
        attemptsInFlight = max(0, attemptsInFlight - 1)
    }

    mutating func fail(free: Int, at now: Date) {
        failures += 1
        lastFailure = now
        guard failures > free else { return }
        let doublings = min(failures - free - 1, 10)
        waitUntil =
            now + min(Double(LoginThrottle.firstWaitSeconds << doublings), LoginThrottle.maximumWaitSeconds)
    }

    /// Whether the record has the same effect as no record.
    func isForgotten(at now: Date) -> Bool {
        attemptsInFlight == 0 && hasExpiredFailures(at: now)
    }

    /// Whether the failures no longer count.
    func hasExpiredFailures(at now: Date) -> Bool {
        now.timeIntervalSince(lastFailure) >= LoginThrottle.memorySeconds && waitUntil <= now
    }

    mutating func forgetFailures() {
        (failures, waitUntil, lastFailure) = (0, .distantPast, .distantPast)
    }

    /// The time of the last event. The store forgets the oldest records first and those with attempts in flight last.
    var lastEvent: Date {
        attemptsInFlight > 0 ? .distantFuture : max(lastFailure, waitUntil)
    }
}
