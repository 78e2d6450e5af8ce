import Database
import Foundation
import ServiceRuntime

/// The table of notes. Each row belongs to one account.
struct NoteStore: Sendable {
    let database: SQLDatabase

    /// Stores a note of an account.
    func add(_ note: Note, of account: String) async throws {
        try await database.write { connection in
            try connection.execute(
                "INSERT INTO notes (account, id, text, created_at) VALUES ($1, $2, $3, $4)", account, note.id,
                note.text, note.createdAt)
        }
    }

    /// One page of the notes of an account, newest first.
    func notes(of account: String, _ page: PageRequest) async throws -> [Note] {
        try await database.read { connection in
            try connection.query(
                """
                SELECT id, text, created_at FROM notes WHERE account = $1 AND id < $2 ORDER BY id DESC LIMIT $3
                """, account, page.newestFirstBound, page.fetchLimit
            ).map(Note.init)
        }
    }
}

extension Note {
    init(_ row: Row) throws {
        id = try row["id"]
        text = try row["text"]
        createdAt = try row["created_at"]
    }
}
