import Database
import Foundation
import ServiceRuntime

extension OrderStore {
    /// Notes that a link was used, until it has expired anyway.
    ///
    /// - Returns: Whether it was not used before.
    func spendLink(_ id: String, until expiry: Date, at date: Date) async throws -> Bool {
        try await database.write { connection in
            try connection.execute("DELETE FROM spent_links WHERE expires_at <= $1", date.milliseconds - Self.slack)
            return try connection.execute(
                "INSERT INTO spent_links (id, expires_at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING",
                id, expiry.milliseconds) == 1
        }
    }

    /// How much longer than its life a link is remembered: the most leeway that a verifier may allow, in milliseconds.
    private static let slack = 300_000
}
