import Database
import Foundation
import ServiceRuntime

/// The table of entries. Each row belongs to one account.
struct EntryStore: Sendable {
    let database: SQLDatabase
    /// The maximum number of entries of an account. Transactions that run at the same time may exceed it.
    let maximumEntries: Int

    /// Stores an entry of an account, unless the account has the maximum number of entries.
    ///
    /// - Returns: Whether the entry was stored.
    func add(_ entry: Entry, of account: String) async throws -> Bool {
        try await database.write { connection in
            let count: Int? = try connection.queryOne(
                "SELECT COUNT(*) AS count FROM entries WHERE account = $1", account
            ).map { try $0["count"] }
            guard count ?? 0 < maximumEntries else { return false }
            try connection.execute(
                "INSERT INTO entries (account, id, text, created_at) VALUES ($1, $2, $3, $4)",
                account, entry.id, entry.text, entry.createdAt)
            return true
        }
    }

    /// One page of the entries of an account, newest first.
    func entries(of account: String, _ page: PageRequest) async throws -> [Entry] {
        try await database.read { connection in
            try connection.query(
                """
                SELECT id, text, created_at FROM entries WHERE account = $1 AND id < $2 ORDER BY id DESC LIMIT $3
                """, account, page.newestFirstBound, page.fetchLimit
            ).map(Entry.init)
        }
    }

    /// Deletes an entry of an account.
    ///
    /// - Returns: Whether the account had such an entry.
    func delete(_ id: UUID, of account: String) async throws -> Bool {
        try await database.write { connection in
            try connection.execute("DELETE FROM entries WHERE account = $1 AND id = $2", account, id) == 1
        }
    }
}

extension Entry {
    init(_ row: Row) throws {
        id = try row["id"]
        text = try row["text"]
        createdAt = try row["created_at"]
    }
}
