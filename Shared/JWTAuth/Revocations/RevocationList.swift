import JWT
import Synchronization

/// The revocations in force, in memory: asked by every request, changed by the feed alone.
///
/// Nothing is ever taken back: an entry goes when its tokens have expired, and not before. So a replayed answer, a restored
/// backup, or a snapshot of many pages cannot open the door to a token that was refused once.
final class RevocationList: Sendable {
    /// The most entries that are held, at about 150 bytes each. Beyond that `add` says no, and the door fails closed.
    static let maxEntries = 500_000

    private struct Table {
        var sessions: [String: NumericDate] = [:]
        var tokens: [String: NumericDate] = [:]
        var accounts: [String: (before: NumericDate, expiresAt: NumericDate)] = [:]
        var filter = BloomFilter(capacity: 0)

        var count: Int { sessions.count + tokens.count + accounts.count }

        func knows(_ entry: Revocation) -> Bool {
            switch entry.kind {
            case .session: sessions[entry.id] != nil
            case .token: tokens[entry.id] != nil
            case .account: accounts[entry.id] != nil
            }
        }

        mutating func add(_ entry: Revocation) {
            if count >= filter.capacity { renewBloomFilter() }
            filter.insert(VerifiedToken.hash(of: entry.id))
            switch entry.kind {
            case .session: sessions[entry.id] = max(entry.expiresAt, sessions[entry.id] ?? entry.expiresAt)
            case .token: tokens[entry.id] = max(entry.expiresAt, tokens[entry.id] ?? entry.expiresAt)
            case .account:
                let known = accounts[entry.id]
                accounts[entry.id] = (
                    before: max(entry.before ?? 0, known?.before ?? 0),
                    expiresAt: max(entry.expiresAt, known?.expiresAt ?? entry.expiresAt)
                )
            }
        }

        /// Makes a filter with room for twice the entries that there are.
        mutating func renewBloomFilter() {
            filter = BloomFilter(capacity: 2 * count)
            for id in sessions.keys { filter.insert(VerifiedToken.hash(of: id)) }
            for id in tokens.keys { filter.insert(VerifiedToken.hash(of: id)) }
            for id in accounts.keys { filter.insert(VerifiedToken.hash(of: id)) }
        }
    }

    private let table = Mutex(Table())
    private let limit: Int

    init(limit: Int = RevocationList.maxEntries) {
        self.limit = limit
    }

    /// How many entries there are.
    var count: Int { table.withLock { $0.count } }

    /// All entries, in no particular order.
    var entries: [Revocation] {
        let table = table.withLock { $0 }
        return table.sessions.map { Revocation(kind: .session, id: $0, before: nil, expiresAt: $1) }
            + table.tokens.map { Revocation(kind: .token, id: $0, before: nil, expiresAt: $1) }
            + table.accounts.map { Revocation(kind: .account, id: $0, before: $1.before, expiresAt: $1.expiresAt) }
    }

    /// Whether the token, its session, or all tokens of its account up to its time were revoked.
    func refuses(_ token: VerifiedToken) -> Bool {
        // Hashed before the lock is taken; a string is made only of what the filter lets through.
        let hashes = token.identifierHashes
        return table.withLock { table in
            if let hash = hashes.session, table.filter.mayHold(hash), let session = token.sessionID,
                table.sessions[session] != nil
            {
                return true
            }
            if let hash = hashes.id, table.filter.mayHold(hash), let id = token.id, table.tokens[id] != nil {
                return true
            }
            guard let hash = hashes.subject, table.filter.mayHold(hash), let subject = token.subject,
                let account = table.accounts[subject]
            else { return false }
            return token.issuedAt.map { $0 < account.before } ?? true
        }
    }

    /// Adds entries; of two about the same thing, the one that refuses more and longer counts.
    ///
    /// - Returns: false when there is no room for all of them.
    func add(_ entries: some Sequence<Revocation>) -> Bool {
        // One by one, so that no request has to wait for a long list.
        entries.allSatisfy { entry in
            table.withLock { table in
                guard table.count < limit || table.knows(entry) else { return false }
                table.add(entry)
                return true
            }
        }
    }

    /// Forgets what has served its purpose. To be called by the one who adds, as entries that come meanwhile are lost.
    func removeExpired(at now: NumericDate) {
        var table = table.withLock { $0 }
        table.sessions = table.sessions.filter { $0.value > now }
        table.tokens = table.tokens.filter { $0.value > now }
        table.accounts = table.accounts.filter { $0.value.expiresAt > now }
        table.renewBloomFilter()
        self.table.withLock { $0 = table }
    }
}

/// A Bloom filter whose three bits for an id lie in one word, so that most tokens cost one access to memory. A look into a
/// dictionary of 100,000 entries takes several, all over it, which would double the price of verifying a token.
///
/// With 16 to 64 bits for an entry, fewer than one id in fifty that is not in the list passes, and costs that look.
private struct BloomFilter {
    /// For how many entries it is made.
    let capacity: Int
    private var words: [UInt64]

    private static let smallestCapacity = 256
    private static let entriesOfWord = 4

    init(capacity: Int) {
        var size = Self.smallestCapacity
        while size < capacity { size *= 2 }
        self.capacity = size
        words = Array(repeating: 0, count: size / Self.entriesOfWord)
    }

    mutating func insert(_ hash: Int) {
        words[place(hash)] |= bits(hash)
    }

    func mayHold(_ hash: Int) -> Bool {
        words[place(hash)] & bits(hash) == bits(hash)
    }

    private func place(_ hash: Int) -> Int {
        hash & (words.count - 1)
    }

    private func bits(_ hash: Int) -> UInt64 {
        let high = UInt64(truncatingIfNeeded: hash) >> 46
        return 1 << (high & 63) | 1 << (high >> 6 & 63) | 1 << (high >> 12 & 63)
    }
}
