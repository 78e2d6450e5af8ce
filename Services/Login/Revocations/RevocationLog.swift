import Database
import Foundation
import JWT
import JWTAuth
import ServiceRuntime

extension Revocation {
    /// When tokens that expire at `milliseconds` since 1970 are refused by every clock that a verifier may have.
    static func expiry(ofTokensUntil milliseconds: Int) -> NumericDate {
        NumericDate(milliseconds: milliseconds) + Policy.maximumLeeway
    }
}

extension NumericDate {
    /// The second that has not begun before a time of the database; one that lies within a second counts as its end.
    fileprivate init(milliseconds: Int) {
        let (seconds, rest) = milliseconds.quotientAndRemainder(dividingBy: 1000)
        self.init(seconds: Int64(rest > 0 ? seconds + 1 : seconds))
    }
}

/// The revocations in the order in which they were made, numbered without gaps.
///
/// The number is taken in the transaction that appends, from a row that it thereby locks: numbers become visible in their
/// order, and one that is rolled back is given again.
///
/// A restored backup brings old numbers back. A reader that has got further than the log is told to begin anew. When the
/// log has grown past it in the meantime, the reader cannot see it by the numbers; for that there is the epoch, a random
/// word that every start of the service replaces, as a backup cannot be put in place under a running one. A reader that
/// finds another epoch than before begins anew. What was revoked after the backup was made is not in the log any more, as
/// little as the ended sessions are: a reader that keeps its own entries until they expire still refuses those tokens.
struct RevocationLog: Sendable {
    let database: SQLDatabase

    /// The most entries of one page, which are about 1 MB. Whoever is behind by more reads on after the page.
    static let maxEntries = 10_000
    /// How many expired entries one new entry removes, so that there are never many.
    private static let cleanedAtOnce = 100

    /// The one row of the table `feed` is missing.
    struct DamagedFeed: Error {}

    /// How far the log has got.
    struct Head: Sendable, Equatable {
        let seq: Int
        let epoch: String
    }

    /// Begins another epoch: to be called at each start.
    func beginEpoch() async throws {
        try await database.write { connection in
            try connection.execute("UPDATE feed SET epoch = $1 WHERE id = 1", UUID().lowercase)
        }
    }

    func head() async throws -> Head {
        try await database.read(Self.head)
    }

    /// What came after number `seq`; everything when that is 0 or lies beyond the end.
    func page(after seq: Int64, limit: Int = maxEntries, at now: Date) async throws -> RevocationPage {
        try await database.read { connection in
            let head = try Self.head(in: connection)
            let isReset = seq == 0 || seq > head.seq
            let rows = try connection.query(
                """
                SELECT seq, kind, subject, before, expires_at FROM revocations
                WHERE seq > $1 AND expires_at > $2 ORDER BY seq LIMIT $3
                """, isReset ? 0 : Int(seq), now.milliseconds, limit)
            let isCut = rows.count == limit
            let seq = isCut ? try rows.last?["seq"] ?? head.seq : head.seq
            return RevocationPage(
                seq: Int64(seq), epoch: head.epoch, isReset: isReset, entries: try rows.map(Self.revocation))
        }
    }

    /// Appends a revocation, unless what it is about has expired. One of an account takes the place of earlier ones.
    ///
    /// - Parameters:
    ///   - account: Whose session or token it is about.
    ///   - session: The session that a single token belongs to.
    static func append(
        _ revocation: Revocation, of account: UUID? = nil, session: UUID? = nil, at now: Date,
        in connection: Connection
    ) throws {
        guard revocation.expiresAt > NumericDate(now) else { return }
        let revocation = revocation.kind == .account ? try takeEarlier(revocation, in: connection) : revocation
        try connection.execute(
            """
            DELETE FROM revocations
            WHERE seq IN (SELECT seq FROM revocations WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)
            """, now.milliseconds, cleanedAtOnce)
        try connection.execute("UPDATE feed SET seq = seq + 1 WHERE id = 1")
        try connection.execute(
            """
            INSERT INTO revocations (seq, kind, subject, before, account_id, session_id, expires_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7)
            """, try head(in: connection).seq, revocation.kind.rawValue, revocation.id,
            revocation.before.map { Int($0.seconds) }, account, session, Date(revocation.expiresAt).milliseconds)
    }

    /// Removes earlier revocations of the same account, and returns one that refuses all that they did and for as long.
    private static func takeEarlier(_ revocation: Revocation, in connection: Connection) throws -> Revocation {
        let earlier = try connection.query(
            "DELETE FROM revocations WHERE subject = $1 AND kind = 'account' RETURNING before, expires_at",
            revocation.id)
        return try earlier.reduce(revocation) { revocation, row in
            let (before, expiresAt): (Int, Int) = (try row["before"], try row["expires_at"])
            let earlier = NumericDate(seconds: Int64(before))
            return Revocation(
                kind: .account, id: revocation.id, before: max(earlier, revocation.before ?? earlier),
                expiresAt: max(NumericDate(milliseconds: expiresAt), revocation.expiresAt))
        }
    }

    /// How many sessions and tokens of an account are revoked one by one.
    static func count(of account: UUID, at now: Date, in connection: Connection) throws -> Int {
        let row = try connection.queryOne(
            "SELECT count(*) AS count FROM revocations WHERE account_id = $1 AND expires_at > $2", account,
            now.milliseconds)
        return try row?["count"] ?? 0
    }

    /// Whether a single token was revoked.
    static func hasToken(_ id: String, in connection: Connection) throws -> Bool {
        try connection.queryOne("SELECT seq FROM revocations WHERE subject = $1 AND kind = 'token'", id) != nil
    }

    static func head(in connection: Connection) throws -> Head {
        guard let row = try connection.queryOne("SELECT seq, epoch FROM feed WHERE id = 1") else {
            throw DamagedFeed()
        }
        return Head(seq: try row["seq"], epoch: try row["epoch"])
    }

    private static func revocation(_ row: Row) throws -> Revocation {
        let (kind, before, expiresAt): (String, Int?, Int) = (
            try row["kind"], try row["before"], try row["expires_at"]
        )
        return Revocation(
            kind: Revocation.Kind(rawValue: kind) ?? .token, id: try row["subject"],
            before: before.map { NumericDate(seconds: Int64($0)) }, expiresAt: NumericDate(milliseconds: expiresAt))
    }
}
