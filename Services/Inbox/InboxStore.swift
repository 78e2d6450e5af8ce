import Database
import Foundation
import ServiceRuntime

/// The table of messages. Each row belongs to one account.
///
/// A deleted message keeps its id, so delivering it again does not restore it.
struct InboxStore: Sendable {
    let database: SQLDatabase

    /// Stores a message for an account, unless the account has or had a message with this id.
    ///
    /// - Returns: Whether the message is new.
    func deliver(_ id: UUID, to account: String, subject: String, body: String, at date: Date) async throws -> Bool {
        try await database.write { connection in
            try connection.execute(
                """
                INSERT INTO messages (account, id, subject, body, created_at) VALUES ($1, $2, $3, $4, $5)
                ON CONFLICT (account, id) DO NOTHING
                """,
                account, id, subject, body, date) == 1
        }
    }

    /// One page of the messages of an account, newest first.
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

    /// Marks a message of an account as read. A repeated call changes nothing.
    ///
    /// - Returns: Whether the account has such a message.
    func markRead(_ id: UUID, of account: String, at date: Date) async throws -> Bool {
        try await database.write { connection in
            try connection.execute(
                """
                UPDATE messages SET read_at = COALESCE(read_at, $3)
                WHERE account = $1 AND id = $2 AND deleted_at IS NULL
                """,
                account, id, date) == 1
        }
    }

    /// Erases the text of a message of an account and hides it.
    ///
    /// - Returns: Whether the account had such a message.
    func delete(_ id: UUID, of account: String, at date: Date) async throws -> Bool {
        try await database.write { connection in
            try connection.execute(
                """
                UPDATE messages SET deleted_at = $3, subject = '', body = ''
                WHERE account = $1 AND id = $2 AND deleted_at IS NULL
                """,
                account, id, date) == 1
        }
    }
}

extension Message {
    init(_ row: Row) throws {
        id = try row["id"]
        subject = try row["subject"]
        body = try row["body"]
        createdAt = try row["created_at"]
        let readAt: Date? = try row["read_at"]
        isRead = readAt != nil
    }
}
