import Database
import Foundation
import JWTAuth
import ServiceRuntime

extension OrderStore: UsedLinkStore {
    /// Records that a link was used, and removes the records that are no longer needed.
    ///
    /// - Returns: Whether this is the first use of the link.
    func useLink(_ id: String, keepUntil: Date, at date: Date) async throws -> Bool {
        try await database.write { connection in
            try connection.execute("DELETE FROM spent_links WHERE expires_at <= $1", date)
            return try connection.execute(
                "INSERT INTO spent_links (id, expires_at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING",
                id, keepUntil) == 1
        }
    }
}
