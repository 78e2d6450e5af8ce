import Database
import Foundation
import ServiceRuntime

/// A message as its owner sees it.
struct Message: Sendable {
    let id: UUID
    let subject: String
    let body: String
    let createdAt: Date
    let isRead: Bool
}

/// The messages of all accounts, each row owned by one.
///
/// A deleted message leaves its id behind, so that a late delivery of the same message does not bring it back.
struct InboxStore: Sendable {
    let database: SQLDatabase

    /// Keeps a message for an account, unless it was delivered before.
    ///
    /// - Returns: Whether the message is new.
    func deliver(_ id: UUID, to account: String, subject: String, body: String, at date: Date) async throws -> Bool {
        try await database.write { connection in
            try connection.execute(
                """
                INSERT INTO messages (account, id, subject, body, created_at) VALUES ($1, $2, $3, $4, $5)
                ON CONFLICT (account, id) DO NOTHING
                """,
                account, id, subject, body, date.milliseconds) == 1
        }
    }

    /// The messages of an account, newest first.
    func messages(of account: String, _ page: PageRequest) async throws -> [Message] {
        try await database.read { connection in
            try connection.query(
                """
                SELECT id, subject, body, created_at, read_at FROM messages
                WHERE account = $1 AND deleted_at IS NULL AND id < $2
                ORDER BY id DESC LIMIT $3
                """,
                account, page.newestFirstBound, page.fetchLimit
            ).map(Message.init)
        }
    }

    /// Marks a message of an account as read; a second time changes nothing.
    ///
    /// - Returns: Whether the account has such a message.
    func markRead(_ id: UUID, of account: String, at date: Date) async throws -> Bool {
        try await change(
            "UPDATE messages SET read_at = COALESCE(read_at, $3) WHERE account = $1 AND id = $2 AND deleted_at IS NULL",
            id, of: account, at: date)
    }

    /// Empties a message of an account and hides it.
    ///
    /// - Returns: Whether the account had such a message.
    func delete(_ id: UUID, of account: String, at date: Date) async throws -> Bool {
        try await change(
            """
            UPDATE messages SET deleted_at = $3, subject = '', body = ''
            WHERE account = $1 AND id = $2 AND deleted_at IS NULL
            """,
            id, of: account, at: date)
    }

    private func change(_ statement: String, _ id: UUID, of account: String, at date: Date) async throws -> Bool {
        try await database.write { try $0.execute(statement, account, id, date.milliseconds) == 1 }
    }
}

extension Message {
    init(_ row: Row) throws {
        id = try row["id"]
        subject = try row["subject"]
        body = try row["body"]
        createdAt = Date(milliseconds: try row["created_at"])
        let readAt: Int? = try row["read_at"]
        isRead = readAt != nil
    }
}
