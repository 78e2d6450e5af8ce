import Database
import Foundation
import ServiceRuntime

/// What orders tells a customer through inbox.
struct Message: Sendable {
    let id: UUID
    let subject: String
    let body: String
}

/// A call to another service that is still to be made, written in the transaction that makes it necessary (the pattern
/// "transactional outbox") and kept until the other service has answered.
struct OutboxEntry: Sendable {
    enum Call: Sendable {
        /// Catalog releases what is reserved for the order.
        case release
        /// Inbox delivers a message to the account.
        case deliver(Message)
    }

    let id: UUID
    let order: UUID
    let account: String
    let call: Call
    let attempts: Int
}

extension OrderStore {
    /// Takes entries that are due, so that nobody else runs them before `leaseUntil`.
    func takeDueEntries(limit: Int, at date: Date, leaseUntil: Date) async throws -> [OutboxEntry] {
        try await database.write { connection in
            try connection.query(
                """
                UPDATE outbox SET attempts = attempts + 1, next_attempt_at = $2
                WHERE id IN (SELECT id FROM outbox WHERE next_attempt_at <= $1 ORDER BY next_attempt_at LIMIT $3)
                RETURNING *
                """,
                date.milliseconds, leaseUntil.milliseconds, limit
            ).map(OutboxEntry.init)
        }
    }

    /// Forgets an entry that was run.
    func finish(_ entry: OutboxEntry) async throws {
        try await database.write { try $0.execute("DELETE FROM outbox WHERE id = $1", entry.id) }
    }

    /// Keeps an entry for another attempt.
    func postpone(_ entry: OutboxEntry, until date: Date) async throws {
        try await database.write {
            try $0.execute("UPDATE outbox SET next_attempt_at = $2 WHERE id = $1", entry.id, date.milliseconds)
        }
    }

    /// How many entries are still to be run.
    func countEntries() async throws -> Int {
        try await database.read { try $0.queryOne("SELECT count(*) AS count FROM outbox")?["count"] ?? 0 }
    }

    /// When the entry was written that waits longest; nil when none waits.
    func oldestEntryDate() async throws -> Date? {
        try await database.read { connection in
            try connection.queryOne("SELECT created_at FROM outbox ORDER BY created_at LIMIT 1")
                .map { Date(milliseconds: try $0["created_at"]) }
        }
    }

    /// Has a message delivered, from now on.
    static func add(
        _ message: Message, about order: UUID, to account: String, _ connection: Connection, at date: Date
    ) throws {
        try connection.execute(
            """
            INSERT INTO outbox (id, kind, order_id, account, subject, body, created_at, next_attempt_at)
            VALUES ($1, 'message', $2, $3, $4, $5, $6, $6)
            """,
            message.id, order, account, message.subject, message.body, date.milliseconds)
    }

    /// Has what is reserved for an order released, from `dueAt` on.
    ///
    /// - Parameter order: A row with its `id` and its `account`.
    @discardableResult
    static func addRelease(of order: Row, _ connection: Connection, at date: Date, dueAt: Date) throws -> OutboxEntry {
        let entry = OutboxEntry(
            id: .version7(at: date), order: try order["id"], account: try order["account"], call: .release, attempts: 0)
        try connection.execute(
            """
            INSERT INTO outbox (id, kind, order_id, account, created_at, next_attempt_at)
            VALUES ($1, 'release', $2, $3, $4, $5)
            """,
            entry.id, entry.order, entry.account, date.milliseconds, dueAt.milliseconds)
        return entry
    }
}

extension OutboxEntry {
    init(_ row: Row) throws {
        id = try row["id"]
        order = try row["order_id"]
        account = try row["account"]
        attempts = try row["attempts"]
        let kind: String = try row["kind"]
        call =
            kind == "release"
            ? .release : .deliver(Message(id: id, subject: try row["subject"], body: try row["body"]))
    }
}
