package import JWT
import Synchronization

/// The revocations in force, in memory. Every request reads the list; only the feed changes it.
///
/// The list keeps each entry until the revoked tokens have expired by the date and by the steady clock. So a replayed
/// response, a restored backup, a snapshot of many pages, or a jump of the system clock cannot make a revoked token valid
/// again.
package final class RevocationList: Sendable {
    /// A revocation, with the time for which the list keeps it.
    package struct Entry: Sendable, Equatable {
        var revocation: Revocation
        /// The time of the steady clock until which the list keeps the revocation, whatever the date.
        var keptUntil: Duration

        package init(revocation: Revocation, keptUntil: Duration) {
            self.revocation = revocation
            self.keptUntil = keptUntil
        }

        /// The time for which an expired entry is kept besides, in seconds. Corrections of the system clock that are
        /// smaller do not make its tokens valid again.
        static let slackSeconds: Int64 = 60

        /// Whether the tokens have expired by both clocks.
        func isExpired(at now: (date: NumericDate, steady: Duration)) -> Bool {
            now.steady >= keptUntil && now.date >= revocation.expiresAt + Self.slackSeconds
        }
    }

    /// The maximum number of entries, at about 200 bytes each. If there are more, the authenticator rejects all tokens.
    package static let maximumEntries = 500_000

    private struct Table {
        var entries: [Revocation.Kind: [String: Entry]] = [:]
        var filter = BloomFilter(capacity: 0)

        var count: Int { entries.values.reduce(0) { $0 + $1.count } }

        func has(_ revocation: Revocation) -> Bool {
            entries[revocation.kind]?[revocation.id] != nil
        }

        mutating func add(_ entry: Entry) {
            if count >= filter.capacity { rebuildFilter() }
            let (kind, id) = (entry.revocation.kind, entry.revocation.id)
            filter.insert(VerifiedToken.hash(of: id))
            let present = entries[kind]?[id] ?? entry
            entries[kind, default: [:]][id] = Entry(
                revocation: entry.revocation.merged(with: present.revocation),
                keptUntil: max(entry.keptUntil, present.keptUntil))
        }

        /// Replaces the filter by a filter with room for twice the current entries.
        mutating func rebuildFilter() {
            filter = BloomFilter(capacity: 2 * count)
            for id in entries.values.flatMap(\.keys) { filter.insert(VerifiedToken.hash(of: id)) }
        }

        /// Whether an entry of `kind` covers the token. `id` is the claim that the kind selects tokens by, and `hash` is
        /// its hash. Looking in the filter first avoids creating a string for most ids.
        func revokes(_ token: VerifiedToken, _ kind: Revocation.Kind, _ hash: Int?, _ id: () -> String?) -> Bool {
            guard let hash, filter.mayContain(hash), let id = id() else { return false }
            return entries[kind]?[id]?.revocation.covers(token) ?? false
        }
    }

    private let table = Mutex(Table())
    private let maximumEntries: Int

    package init(maximumEntries: Int = RevocationList.maximumEntries) {
        self.maximumEntries = maximumEntries
    }

    /// The number of entries.
    var count: Int { table.withLock { $0.count } }

    /// All entries, in no particular order.
    var entries: [Entry] {
        let table = table.withLock { $0 }
        return table.entries.values.flatMap(\.values)
    }

    /// Whether the token is revoked: by its id, by its session, or by its account or client and its time of issue.
    package func isRevoked(_ token: VerifiedToken) -> Bool {
        // Hash before taking the lock, because it takes time.
        let hashes = token.identifierHashes
        return table.withLock { table in
            table.revokes(token, .session, hashes.session) { token.sessionID }
                || table.revokes(token, .token, hashes.id) { token.id }
                || table.revokes(token, .account, hashes.subject) { token.subject }
                || table.revokes(token, .client, hashes.client) { token.clientID }
        }
    }

    /// Adds entries. Of two entries of the same kind and id, it keeps the later `before` and the later expiry.
    ///
    /// - Returns: false when the list has no room for all entries.
    package func add(_ entries: some Sequence<Entry>) -> Bool {
        // Lock for each entry, so no request waits until a long list is added.
        entries.allSatisfy { entry in
            table.withLock { table in
                guard table.count < maximumEntries || table.has(entry.revocation) else { return false }
                table.add(entry)
                return true
            }
        }
    }

    /// Removes the entries that have expired by both clocks. Entries that are added meanwhile are lost, so only the task
    /// that adds entries may call this method.
    ///
    /// - Returns: The latest expiry of the removed entries.
    func removeExpired(at now: (date: NumericDate, steady: Duration)) -> NumericDate? {
        var table = table.withLock { $0 }
        let removed = table.entries.values.flatMap(\.values).filter { $0.isExpired(at: now) }
        guard !removed.isEmpty else { return nil }
        for revocation in removed.map(\.revocation) { table.entries[revocation.kind]?[revocation.id] = nil }
        table.rebuildFilter()
        self.table.withLock { $0 = table }
        return removed.map(\.revocation.expiresAt).max()
    }
}
