import Database
import Foundation
import ServiceRuntime

extension OrderStore {
    /// Takes entries of a kind that are due. No other task or process takes these entries before `leaseUntil`.
    ///
    /// An entry that waits for longer than any pause lasts was postponed before the clock was set back. It is due now.
    func takeDueEntries(
        _ kind: OutboxEntry.Kind, limit: Int, at date: Date, leaseUntil: Date
    ) async throws -> [OutboxEntry] {
        try await database.write { connection in
            // The first condition of the next statement looks redundant. PostgreSQL checks it again after waiting for
            // another process that has taken the row.
            try connection.execute(
                "UPDATE outbox SET next_attempt_at = $1 WHERE kind = $2 AND next_attempt_at > $3",
                date, kind.rawValue, date + OutboxLane.maximumPauseSeconds)
            return try connection.query(
                """
                UPDATE outbox SET attempts = attempts + 1, next_attempt_at = $2
                WHERE next_attempt_at <= $1 AND id IN (
                    SELECT id FROM outbox WHERE kind = $4 AND next_attempt_at <= $1 ORDER BY next_attempt_at LIMIT $3)
                RETURNING *
                """,
                date, leaseUntil, limit, kind.rawValue
            ).map(OutboxEntry.init)
        }
    }

    /// Deletes an entry whose call succeeded.
    func finish(_ entry: OutboxEntry) async throws {
        try await database.write { connection in
            try connection.execute("DELETE FROM outbox WHERE id = $1", entry.id)
        }
    }

    /// Postpones the next attempt of an entry whose call failed.
    func postpone(_ entry: OutboxEntry, until date: Date) async throws {
        try await database.write { connection in
            try connection.execute(
                "UPDATE outbox SET next_attempt_at = $2 WHERE id = $1", entry.id, date)
        }
    }

    /// The number of entries: calls that orders still has to make.
    func countEntries() async throws -> Int {
        try await database.read { connection in
            try connection.queryOne("SELECT count(*) AS count FROM outbox")?["count"] ?? 0
        }
    }

    /// The oldest entry, and the time at which it was inserted; nil if the outbox is empty.
    func oldestEntry() async throws -> (id: UUID, createdAt: Date)? {
        try await database.read { connection in
            try connection.queryOne("SELECT id, created_at FROM outbox ORDER BY created_at, id LIMIT 1")
                .map { (try $0["id"], try $0["created_at"]) }
        }
    }

    /// Inserts the entry that delivers a message, due at once.
    static func insertDelivery(
        of message: Message, about order: UUID, to account: String, at date: Date, in trace: StoredTrace,
        on connection: Connection
    ) throws {
        try connection.execute(
            """
            INSERT INTO outbox (
                id, kind, order_id, account, subject, body, created_at, next_attempt_at, traceparent, tracestate)
            VALUES ($1, 'message', $2, $3, $4, $5, $6, $6, $7, $8)
            """,
            message.id, order, account, message.subject, message.body, date, trace.traceparent, trace.tracestate)
    }

    /// Inserts the entry that releases the stock of an order, due at `dueAt`.
    ///
    /// - Parameter order: A row with the columns `id` and `account`.
    @discardableResult
    static func insertRelease(
        of order: Row, at date: Date, dueAt: Date, in trace: StoredTrace, on connection: Connection
    ) throws -> OutboxEntry {
        let entry = OutboxEntry(
            id: .version7(at: date), order: try order["id"], account: try order["account"], call: .release, attempts: 0,
            trace: trace)
        try connection.execute(
            """
            INSERT INTO outbox (
                id, kind, order_id, account, created_at, next_attempt_at, traceparent, tracestate)
            VALUES ($1, 'release', $2, $3, $4, $5, $6, $7)
            """,
            entry.id, entry.order, entry.account, date, dueAt, trace.traceparent, trace.tracestate)
        return entry
    }
}

extension OutboxEntry {
    init(_ row: Row) throws {
        id = try row["id"]
        order = try row["order_id"]
        account = try row["account"]
        attempts = try row["attempts"]
        trace = try StoredTrace(row)
        let kind: String = try row["kind"]
        call =
            kind == "release"
            ? .release : .deliver(Message(id: id, subject: try row["subject"], body: try row["body"]))
    }
}
