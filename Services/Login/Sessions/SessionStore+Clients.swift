import Database
import Foundation
import ServiceRuntime

/// Sessions that people have at registered clients.
extension SessionStore {
    /// Ends all sessions at a client. The caller revokes their access tokens.
    func endAll(ofClient id: String, at now: Date, in connection: Connection) throws {
        try connection.execute(
            "UPDATE sessions SET ended_at = $1, expires_at = $1 WHERE client_id = $2 AND ended_at IS NULL", now, id)
    }

    /// Ends the sessions that an account has at a client.
    func endAll(of account: UUID, atClient id: String, at now: Date, in connection: Connection) throws {
        let rows = try connection.query(
            "SELECT id FROM sessions WHERE account_id = $1 AND client_id = $2 AND ended_at IS NULL", account, id)
        try end(rows.map { try $0["id"] }, at: now, in: connection)
    }

    /// The session that a refresh token belongs to, even when the session is over; nil when it belongs to another client.
    ///
    /// - Parameter client: The id of a registered client; nil for login's own.
    func sessionID(of token: RefreshToken, client: String?, in connection: Connection) throws -> UUID? {
        let row = try connection.queryOne(
            "SELECT s.id, s.client_id FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id WHERE t.hash = $1",
            token.hash)
        guard let row, try row["client_id"] == client else { return nil }
        return try row["id"]
    }
}
