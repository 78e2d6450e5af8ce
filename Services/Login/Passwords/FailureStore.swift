import Foundation

/// The failures of one pair, name or address, and how long it has to wait for them.
struct FailureRecord: Sendable {
    /// The attempts that have failed.
    private(set) var failures = 0
    /// The attempts whose outcome is not known yet.
    private(set) var attemptsInFlight = 0
    private var waitUntil = Date.distantPast
    private var lastFailure = Date.distantPast
    private var signedInAt: Date?

    /// The failures, if all that is in flight fails.
    var possibleFailures: Int { failures + attemptsInFlight }

    /// The seconds until the next attempt is admitted; nil when one is admitted now.
    ///
    /// - Parameter free: The number of failures that cost nothing.
    func waitSeconds(free: Int, at now: Date) -> Int? {
        let wait = waitUntil.timeIntervalSince(now)
        // A wait above the maximum means that the clock was set back.
        if wait > 0, wait <= LoginThrottle.maxWaitSeconds { return Int(wait.rounded(.up)) }
        return possibleFailures < free || attemptsInFlight == 0 ? nil : LoginThrottle.firstWaitSeconds
    }

    mutating func begin() {
        attemptsInFlight += 1
    }

    /// Gives an attempt back. It may be one from before the record was forgotten.
    mutating func end() {
        attemptsInFlight = max(0, attemptsInFlight - 1)
    }

    mutating func fail(free: Int, at now: Date) {
        failures += 1
        lastFailure = now
        guard failures > free else { return }
        let doublings = min(failures - free - 1, 10)
        waitUntil = now + min(Double(LoginThrottle.firstWaitSeconds << doublings), LoginThrottle.maxWaitSeconds)
    }

    mutating func succeed(at now: Date) {
        forgetFailures()
        signedInAt = now
    }

    func isAcquainted(at now: Date) -> Bool {
        signedInAt.map { now.timeIntervalSince($0) < LoginThrottle.acquaintanceSeconds } ?? false
    }

    /// Whether it is as if nothing had ever happened.
    func isForgotten(at now: Date) -> Bool {
        attemptsInFlight == 0 && hasOldFailures(at: now) && !isAcquainted(at: now)
    }

    /// Whether no failure counts any more.
    fileprivate func hasOldFailures(at now: Date) -> Bool {
        now.timeIntervalSince(lastFailure) >= LoginThrottle.memorySeconds && waitUntil <= now
    }

    fileprivate mutating func forgetFailures() {
        (failures, waitUntil, lastFailure) = (0, .distantPast, .distantPast)
    }

    /// What happened last, for choosing what to forget first: at last what is still going on.
    fileprivate var lastEvent: Date {
        attemptsInFlight > 0 ? .distantFuture : max(lastFailure, waitUntil, signedInAt ?? .distantPast)
    }
}

/// So many failure records and no more. When it is full, the oldest are forgotten.
struct FailureStore<Key: Hashable & Sendable>: Sendable {
    private let maxRecords: Int
    private var records: [Key: FailureRecord] = [:]

    init(maxRecords: Int) {
        self.maxRecords = maxRecords
    }

    var count: Int { records.count }

    /// The record of `key`, without failures that lie too far back.
    subscript(key: Key, at now: Date) -> FailureRecord {
        get {
            var record = records[key] ?? FailureRecord()
            if record.hasOldFailures(at: now) { record.forgetFailures() }
            return record
        }
        set {
            if records[key] == nil, records.count >= maxRecords { makeRoom(at: now) }
            records[key] = newValue.isForgotten(at: now) ? nil : newValue
        }
    }

    /// Forgets what no longer counts and, when that is not enough, the tenth that was longest without an event.
    private mutating func makeRoom(at now: Date) {
        records = records.filter { !$0.value.isForgotten(at: now) }
        guard records.count >= maxRecords else { return }
        let oldest = records.sorted { $0.value.lastEvent < $1.value.lastEvent }.prefix(max(1, maxRecords / 10))
        for (key, _) in oldest { records[key] = nil }
    }
}
