import Database
import Foundation
import ServiceRuntime

/// What orders tells a customer through inbox.
struct Message: Sendable {
    let id: UUID
    let subject: String
    let body: String
}

/// Something that another service still has to be told, kept until it has heard.
struct Errand: Sendable {
    enum Task: Sendable {
        case release
        case message(Message)
    }

    let id: UUID
    let order: UUID
    let account: String
    let task: Task
    let attempts: Int
}

extension OrderStore {
    /// Takes errands that are due, so that nobody else runs them before `leaseUntil`.
    func takeDueErrands(limit: Int, at date: Date, leaseUntil: Date) async throws -> [Errand] {
        try await database.write { connection in
            try connection.query(
                """
                UPDATE errands SET attempts = attempts + 1, next_attempt_at = $2
                WHERE id IN (SELECT id FROM errands WHERE next_attempt_at <= $1 ORDER BY next_attempt_at LIMIT $3)
                RETURNING *
                """,
                date.milliseconds, leaseUntil.milliseconds, limit
            ).map(Errand.init)
        }
    }

    /// Forgets an errand that was run.
    func finish(_ errand: Errand) async throws {
        try await database.write { try $0.execute("DELETE FROM errands WHERE id = $1", errand.id) }
    }

    /// Keeps an errand for another attempt.
    func postpone(_ errand: Errand, until date: Date) async throws {
        try await database.write {
            try $0.execute("UPDATE errands SET next_attempt_at = $2 WHERE id = $1", errand.id, date.milliseconds)
        }
    }

    /// How many errands are still to be run.
    func countErrands() async throws -> Int {
        try await database.read { try $0.queryOne("SELECT count(*) AS count FROM errands")?["count"] ?? 0 }
    }
}

extension Errand {
    init(_ row: Row) throws {
        id = try row["id"]
        order = try row["order_id"]
        account = try row["account"]
        attempts = try row["attempts"]
        let kind: String = try row["kind"]
        task =
            kind == "release"
            ? .release : .message(Message(id: id, subject: try row["subject"], body: try row["body"]))
    }
}
