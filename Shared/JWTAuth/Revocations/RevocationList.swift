import JWT
import Synchronization

/// The revocations in force, in memory. Every request reads the list; only the feed changes it.
///
/// The list keeps each entry until the revoked tokens have expired. So a replayed response, a restored backup, or a
/// snapshot of many pages cannot make a revoked token valid again.
final class RevocationList: Sendable {
    /// The maximum number of entries, at about 150 bytes each. If there are more, the authenticator rejects all tokens.
    static let maximumEntries = 500_000

    /// The revocation of the tokens of an account or a client.
    private struct Cutoff {
        /// Tokens that were issued before this time are rejected.
        var before: NumericDate
        var expiresAt: NumericDate

        /// The later of both times.
        func union(_ other: Cutoff?) -> Cutoff {
            guard let other else { return self }
            return Cutoff(before: max(before, other.before), expiresAt: max(expiresAt, other.expiresAt))
        }

        func covers(_ token: VerifiedToken) -> Bool {
            token.issuedAt.map { $0 < before } ?? true
        }
    }

    private struct Table {
        var sessions: [String: NumericDate] = [:]
        var tokens: [String: NumericDate] = [:]
        var accounts: [String: Cutoff] = [:]
        var clients: [String: Cutoff] = [:]
        var filter = BloomFilter(capacity: 0)

        var count: Int { sessions.count + tokens.count + accounts.count + clients.count }

        func has(_ entry: Revocation) -> Bool {
            switch entry.kind {
            case .session: sessions[entry.id] != nil
            case .token: tokens[entry.id] != nil
            case .account: accounts[entry.id] != nil
            case .client: clients[entry.id] != nil
            }
        }

        mutating func add(_ entry: Revocation) {
            if count >= filter.capacity { rebuildFilter() }
            filter.insert(VerifiedToken.hash(of: entry.id))
            let cutoff = Cutoff(before: entry.before ?? 0, expiresAt: entry.expiresAt)
            switch entry.kind {
            case .session: sessions[entry.id] = max(entry.expiresAt, sessions[entry.id] ?? entry.expiresAt)
            case .token: tokens[entry.id] = max(entry.expiresAt, tokens[entry.id] ?? entry.expiresAt)
            case .account: accounts[entry.id] = cutoff.union(accounts[entry.id])
            case .client: clients[entry.id] = cutoff.union(clients[entry.id])
            }
        }

        /// Replaces the filter by a filter with room for twice the current entries.
        mutating func rebuildFilter() {
            filter = BloomFilter(capacity: 2 * count)
            for id in sessions.keys { filter.insert(VerifiedToken.hash(of: id)) }
            for id in tokens.keys { filter.insert(VerifiedToken.hash(of: id)) }
            for id in accounts.keys { filter.insert(VerifiedToken.hash(of: id)) }
            for id in clients.keys { filter.insert(VerifiedToken.hash(of: id)) }
        }
    }

    private let table = Mutex(Table())
    private let maximumEntries: Int

    init(maximumEntries: Int = RevocationList.maximumEntries) {
        self.maximumEntries = maximumEntries
    }

    /// The number of entries.
    var count: Int { table.withLock { $0.count } }

    /// All entries, in no particular order.
    var entries: [Revocation] {
        let table = table.withLock { $0 }
        return table.sessions.map { Revocation(kind: .session, id: $0, before: nil, expiresAt: $1) }
            + table.tokens.map { Revocation(kind: .token, id: $0, before: nil, expiresAt: $1) }
            + table.accounts.map { Revocation(kind: .account, id: $0, before: $1.before, expiresAt: $1.expiresAt) }
            + table.clients.map { Revocation(kind: .client, id: $0, before: $1.before, expiresAt: $1.expiresAt) }
    }

    /// Whether the token is revoked: by its id, by its session, or by its account or client and
    /// its time of issue.
    func isRevoked(_ token: VerifiedToken) -> Bool {
        // Hash before taking the lock, and create strings only for ids that pass the filter, because both take time.
        let hashes = token.identifierHashes
        return table.withLock { table in
            if let hash = hashes.session, table.filter.mayContain(hash), let session = token.sessionID,
                table.sessions[session] != nil
            {
                return true
            }
            if let hash = hashes.id, table.filter.mayContain(hash), let id = token.id, table.tokens[id] != nil {
                return true
            }
            if let hash = hashes.client, table.filter.mayContain(hash), let client = token.clientID,
                table.clients[client]?.covers(token) == true
            {
                return true
            }
            guard let hash = hashes.subject, table.filter.mayContain(hash), let subject = token.subject,
                let account = table.accounts[subject]
            else { return false }
            return account.covers(token)
        }
    }

    /// Adds entries. Of two entries of the same kind and id, it keeps the later `before` and the later expiry.
    ///
    /// - Returns: false when the list has no room for all entries.
    func add(_ entries: some Sequence<Revocation>) -> Bool {
        // Lock for each entry, so no request waits until a long list is added.
        entries.allSatisfy { entry in
            table.withLock { table in
                guard table.count < maximumEntries || table.has(entry) else { return false }
                table.add(entry)
                return true
            }
        }
    }

    /// Removes the entries that have expired. Entries that are added meanwhile are lost, so only the task that adds
    /// entries may call this method.
    func removeExpired(at now: NumericDate) {
        var table = table.withLock { $0 }
        table.sessions = table.sessions.filter { $0.value > now }
        table.tokens = table.tokens.filter { $0.value > now }
        table.accounts = table.accounts.filter { $0.value.expiresAt > now }
        table.clients = table.clients.filter { $0.value.expiresAt > now }
        table.rebuildFilter()
        self.table.withLock { $0 = table }
    }
}
