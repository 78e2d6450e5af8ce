import Foundation

/// The failures of one pair, name or address, and how long it has to wait for them.
struct FailureRecord: Sendable {
    private(set) var failures = 0
    private(set) var waitUntil = Date.distantPast
    private(set) var lastFailure = Date.distantPast
    private(set) var signedInAt: Date?

    init(signedInAt: Date? = nil) {
        self.signedInAt = signedInAt
    }

    /// Lets an attempt in when it need not wait; beyond the free failures, the wait for its failure begins now.
    mutating func admit(free: Int, at now: Date) throws(LoginThrottle.Throttled) {
        let wait = waitUntil.timeIntervalSince(now)
        // A wait that is longer than the longest: the clock was set back.
        guard wait <= 0 || wait > LoginThrottle.maxWaitSeconds else {
            throw .init(retryAfterSeconds: Int(wait.rounded(.up)))
        }
        if failures >= free { self.wait(after: failures + 1, free: free, at: now) }
    }

    mutating func fail(free: Int, at now: Date) {
        failures += 1
        lastFailure = now
        if failures > free { wait(after: failures, free: free, at: now) }
    }

    func isAcquainted(at now: Date) -> Bool {
        signedInAt.map { now.timeIntervalSince($0) < LoginThrottle.acquaintanceSeconds } ?? false
    }

    /// Whether it is as if nothing had ever happened.
    func isForgotten(at now: Date) -> Bool {
        hasForgottenFailures(at: now) && !isAcquainted(at: now)
    }

    fileprivate func hasForgottenFailures(at now: Date) -> Bool {
        now.timeIntervalSince(lastFailure) >= LoginThrottle.memorySeconds && waitUntil <= now
    }

    /// What happened last, for choosing what to forget first.
    fileprivate var lastEvent: Date { max(lastFailure, waitUntil, signedInAt ?? .distantPast) }

    private mutating func wait(after failures: Int, free: Int, at now: Date) {
        let doublings = min(failures - free - 1, 10)
        let seconds = min(Double(1 << doublings), LoginThrottle.maxWaitSeconds)
        waitUntil = now + seconds
    }
}

/// So many failure records and no more. When it is full, the oldest are forgotten.
struct FailureLedger<Key: Hashable & Sendable>: Sendable {
    private let maxRecords: Int
    private var records: [Key: FailureRecord] = [:]

    init(maxRecords: Int) {
        self.maxRecords = maxRecords
    }

    var count: Int { records.count }

    /// The record of `key`, without failures that lie too far back.
    subscript(key: Key, at now: Date) -> FailureRecord {
        get {
            guard let record = records[key] else { return FailureRecord() }
            return record.hasForgottenFailures(at: now) ? FailureRecord(signedInAt: record.signedInAt) : record
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
