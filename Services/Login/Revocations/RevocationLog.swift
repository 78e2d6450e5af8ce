// Revocations: the log of sessions and tokens that were revoked before they expired, and the feed from which services
// read it. This is a separate folder because sessions and accounts append to the log, while the log depends on neither.

import Database
import Foundation
import JWT
import JWTAuth
import ServiceRuntime

extension Revocation {
    /// The expiry of a revocation of tokens that expire by `date`. It includes the maximum leeway, so no verifier
    /// accepts these tokens afterwards.
    static func expiry(ofTokensUntil date: Date) -> NumericDate {
        NumericDate(roundingUp: date) + Policy.maximumLeeway
    }
}

extension NumericDate {
    /// Rounds a date up to whole seconds.
    fileprivate init(roundingUp date: Date) {
        self.init(seconds: Int64(date.timeIntervalSince1970.rounded(.up)))
    }
}

/// The revocations in the order in which they were made, numbered without gaps.
///
/// `append` takes the number from a row of the table `feed`, in the transaction of the caller. The row stays locked
/// until the transaction ends, so numbers become visible in their order. A number that is rolled back is given to the
/// next revocation. A transaction appends after all its other changes, because every other one waits for the row.
///
/// A restored backup contains old numbers. A page tells a reader that is ahead of the log to start again. When the log
/// has grown past that reader in the meantime, only the epoch reveals the restore. On SQLite the epoch is a random word.
/// Each start of the service replaces it, because nobody can restore a backup while the service runs. On PostgreSQL, the
/// epoch belongs to the database: it names the history of its commits and is read for each page, because a failover may
/// lose commits while login runs. A reader that finds another epoch starts again.
///
/// After a restore, the log no longer has the revocations that were made after the backup, and the sessions that they
/// ended are open again. A reader that keeps its entries until they expire still rejects the tokens of those sessions.
struct RevocationLog: Sendable {
    /// The number of expired entries that each new entry removes. It keeps their number low.
    private static let cleanupCount = 100

    let database: SQLDatabase
    /// Wakes the requests that wait for changes. `append` notifies it after the commit.
    let notifier = RevocationNotifier()

    /// The end of the log.
    struct Head: Sendable, Equatable {
        /// The number of the last revocation.
        let seq: Int
        let epoch: String
    }

    /// Begins another epoch, unless the database keeps epochs itself. Call it at each start of the service.
    func beginEpoch() async throws {
        try await database.write { connection in
            guard try connection.history() == nil else { return }
            try connection.execute("UPDATE feed SET epoch = $1 WHERE id = 1", UUID().lowercase)
        }
    }

    func head() async throws -> Head {
        try await database.read { try head(in: $0) }
    }

    /// The revocations after number `seq`; all of them when `seq` is 0 or beyond the end of the log.
    ///
    /// The page includes expired revocations that the log still has: the clock of this process may be ahead.
    func page(after seq: Int64, limit: Int = RevocationPage.maximumEntries, at now: Date) async throws -> RevocationPage
    {
        try await database.read { connection in
            let head = try head(in: connection)
            let isReset = seq == 0 || seq > head.seq
            let rows = try connection.query(
                """
                SELECT seq, kind, subject, before, expires_at FROM revocations
                WHERE seq > $1 AND expires_at > $2 ORDER BY seq LIMIT $3
                """, isReset ? 0 : Int(seq), Self.expiryOfOldest(at: now), limit)
            let lastSeq = rows.count == limit ? try rows.last?["seq"] ?? head.seq : head.seq
            return RevocationPage(
                seq: Int64(lastSeq), epoch: head.epoch, isReset: isReset, entries: try rows.map(Self.revocation))
        }
    }

    /// The expiry of revocations that are no longer needed at `now`, even if the clock is ahead by its maximum error.
    private static func expiryOfOldest(at now: Date) -> Date {
        now - Double(WallClock.maximumErrorSeconds)
    }

    /// Appends a revocation, unless it is no longer needed, and wakes the waiting requests after the commit.
    ///
    /// A revocation of an account or a client replaces earlier ones of the same account or client.
    ///
    /// - Parameters:
    ///   - account: The account that the revoked session or token belongs to.
    ///   - session: The session that a single token belongs to.
    ///   - client: The client that got a single token for itself, or the `sub` of a WeChat user's register token.
    func append(
        _ revocation: Revocation, account: UUID? = nil, session: UUID? = nil, client: String? = nil, at now: Date,
        in connection: Connection
    ) throws {
        guard Date(revocation.expiresAt) > Self.expiryOfOldest(at: now) else { return }
        // Before the other statements, because only the transaction that holds this row may change the log.
        let number = try connection.queryOne("UPDATE feed SET seq = seq + 1 WHERE id = 1 RETURNING seq")
        guard let number else { throw MissingFeedRow() }
        let revocation = revocation.before == nil ? revocation : try replaceEarlier(revocation, in: connection)
        try connection.execute(
            """
            DELETE FROM revocations
            WHERE seq IN (SELECT seq FROM revocations WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)
            """, Self.expiryOfOldest(at: now), Self.cleanupCount)
        let seq: Int = try number["seq"]
        try connection.execute(
            """
            INSERT INTO revocations (seq, kind, subject, before, account_id, session_id, client_id, expires_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
            """, seq, revocation.kind.rawValue, revocation.id,
            revocation.before.map { Int($0.seconds) }, account, session, client, Date(revocation.expiresAt))
        connection.afterCommit { [notifier] in notifier.notify() }
    }

    /// Locks the log until the transaction ends. A transaction that counts entries before it appends one needs this: the
    /// others then wait, and count its entry too. It must not change other rows afterwards.
    func lock(in connection: Connection) throws {
        guard try connection.execute("UPDATE feed SET seq = seq WHERE id = 1") == 1 else { throw MissingFeedRow() }
    }

    /// Removes earlier revocations of the same account or client, and returns one that also covers their tokens until
    /// their expiry.
    private func replaceEarlier(_ revocation: Revocation, in connection: Connection) throws -> Revocation {
        let rows = try connection.query(
            "DELETE FROM revocations WHERE subject = $1 AND kind = $2 RETURNING before, expires_at", revocation.id,
            revocation.kind.rawValue)
        return try rows.reduce(revocation) { revocation, row in
            let (before, expiresAt): (Int, Date) = (try row["before"], try row["expires_at"])
            let earlier = NumericDate(seconds: Int64(before))
            return Revocation(
                kind: revocation.kind, id: revocation.id, before: max(earlier, revocation.before ?? earlier),
                expiresAt: max(NumericDate(roundingUp: expiresAt), revocation.expiresAt))
        }
    }

    /// The number of unexpired entries that name sessions or tokens of an account.
    func count(ofAccount account: UUID, at now: Date, in connection: Connection) throws -> Int {
        let row = try connection.queryOne(
            "SELECT count(*) AS count FROM revocations WHERE account_id = $1 AND expires_at > $2", account, now)
        return try row?["count"] ?? 0
    }

    /// The number of unexpired entries that name tokens of a session.
    func count(ofSession session: UUID, at now: Date, in connection: Connection) throws -> Int {
        let row = try connection.queryOne(
            "SELECT count(*) AS count FROM revocations WHERE session_id = $1 AND expires_at > $2", session, now)
        return try row?["count"] ?? 0
    }

    /// The number of unexpired entries that name tokens which a client got for itself, or register tokens of a WeChat
    /// user.
    func count(ofClient client: String, at now: Date, in connection: Connection) throws -> Int {
        let row = try connection.queryOne(
            "SELECT count(*) AS count FROM revocations WHERE client_id = $1 AND expires_at > $2", client, now)
        return try row?["count"] ?? 0
    }

    /// Whether all tokens that were issued to a client at that time are revoked.
    func hasClient(_ id: String, issuedAt date: Date, in connection: Connection) throws -> Bool {
        try connection.queryOne(
            "SELECT seq FROM revocations WHERE subject = $1 AND kind = 'client' AND before > $2", id,
            Int(NumericDate(date).seconds)) != nil
    }

    /// Whether the token with this id was revoked individually.
    func hasToken(_ id: String, in connection: Connection) throws -> Bool {
        try connection.queryOne("SELECT seq FROM revocations WHERE subject = $1 AND kind = 'token'", id) != nil
    }

    private func head(in connection: Connection) throws -> Head {
        guard let row = try connection.queryOne("SELECT seq, epoch FROM feed WHERE id = 1") else {
            throw MissingFeedRow()
        }
        return Head(seq: try row["seq"], epoch: try connection.history() ?? row["epoch"])
    }

    private static func revocation(_ row: Row) throws -> Revocation {
        let (name, before, expiresAt): (String, Int?, Date) = (
            try row["kind"], try row["before"], try row["expires_at"]
        )
        guard let kind = Revocation.Kind(rawValue: name) else { throw UnknownRevocationKind(name: name) }
        return Revocation(
            kind: kind, id: try row["subject"],
            before: before.map { NumericDate(seconds: Int64($0)) }, expiresAt: NumericDate(roundingUp: expiresAt))
    }
}

/// A later version of login has written a revocation that this version cannot describe to its readers.
struct UnknownRevocationKind: Error, CustomStringConvertible, ProblemConvertible {
    let name: String

    var description: String {
        "The table revocations has the unknown kind \(name). Start the version of login that has written it, or a later one."
    }

    /// 503: readers must not take the feed for whole without this revocation.
    var problem: Problem { .unavailable("The feed has a revocation that this version of login does not know.") }
}

/// The one row of the table `feed` is missing.
struct MissingFeedRow: Error, CustomStringConvertible {
    var description: String {
        """
        The table feed has no row with the id 1, so revocations cannot be numbered. Restore the database from a backup, or \
        insert the row with a seq that is above every seq of the table revocations.
        """
    }
}
