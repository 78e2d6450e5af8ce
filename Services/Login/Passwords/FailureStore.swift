import Foundation

/// A bounded number of failure records. When the store is full, it forgets the oldest ones.
struct FailureStore<Key: Hashable & Sendable>: Sendable {
    private let maximumRecords: Int
    private var records: [Key: FailureRecord] = [:]

    init(maximumRecords: Int) {
        self.maximumRecords = maximumRecords
    }

    var count: Int { records.count }

    /// The record of `key`, without failures that no longer count.
    subscript(key: Key, at now: Date) -> FailureRecord {
        get {
            var record = records[key] ?? FailureRecord()
            if record.hasExpiredFailures(at: now) { record.forgetFailures() }
            return record
        }
        set {
            if records[key] == nil, records.count >= maximumRecords { makeRoom(at: now) }
            records[key] = newValue.isForgotten(at: now) ? nil : newValue
        }
    }

    /// Removes the records without effect. If that makes no room, removes the tenth of all records whose last event is
    /// the oldest.
    private mutating func makeRoom(at now: Date) {
        records = records.filter { !$0.value.isForgotten(at: now) }
        guard records.count >= maximumRecords else { return }
        let oldest = records.sorted { $0.value.lastEvent < $1.value.lastEvent }.prefix(max(1, maximumRecords / 10))
        for (key, _) in oldest { records[key] = nil }
    }
}
