import Database
import Foundation
import JWTAuth
import ServiceRuntime

extension OrderStore: UsedLinkStore {
    /// Records that a link was used. The record stays until no verifier accepts the token any longer.
    ///
    /// - Returns: Whether this is the first use of the link.
    func useLink(_ id: String, until expiry: Date, at date: Date) async throws -> Bool {
        try await database.write { connection in
            try connection.execute(
                "DELETE FROM spent_links WHERE expires_at <= $1", date - Self.maximumLeewaySeconds)
            return try connection.execute(
                "INSERT INTO spent_links (id, expires_at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING",
                id, expiry) == 1
        }
    }

    /// The maximum leeway of a verifier (`Policy.maximumLeeway`).
    private static let maximumLeewaySeconds = 300.0
}
