import Database
import Foundation
import ServiceRuntime

/// Sessions that live in a browser: in place of a refresh token they have a key, which stays the same as long as they last.
/// So nothing rotates, and two windows that renew at once cannot get in each other's way.
extension SessionStore {
    /// How often looking at pages counts as use, in seconds.
    private static let useNotedEverySeconds = 60.0

    /// Begins a session in a browser, in place of the one that `former` opened. Nil when the account is gone, was disabled,
    /// or has another password than when it was looked up.
    func beginInBrowser(
        _ account: Account, audience: [String], from client: ClientInfo, former: SessionCookie, at now: Date
    ) async throws -> (Session, SessionCookie)? {
        let session = newSession(of: account, scope: account.scope, audience: audience, from: client, at: now)
        let key = SessionCookie()
        let isBegun = try await database.write(ringing: bell) { connection in
            guard try begin(session, passwordVersion: account.passwordVersion, at: now, in: connection) else {
                return false
            }
            if let id = try Self.sessionID(of: former, in: connection) {
                try Self.end(id, at: now, in: connection)
            }
            try connection.execute(
                "INSERT INTO browser_keys (hash, session_id) VALUES ($1, $2)", key.hash, session.id)
            return true
        }
        return isBegun ? (session, key) : nil
    }

    /// The session that a key opens, when it is not over.
    func find(_ key: SessionCookie, at now: Date) async throws -> Session? {
        let session = try await session(of: key, at: now)
        if let session, now.timeIntervalSince(session.lastUsedAt) >= Self.useNotedEverySeconds {
            try await database.write { connection in
                try connection.execute(
                    "UPDATE sessions SET last_used_at = $1 WHERE id = $2 AND last_used_at < $1", now.milliseconds,
                    session.id)
            }
        }
        return session
    }

    /// Notes that an access token is about to be issued, and returns the session that a key opens; nil when it is over.
    func renew(_ key: SessionCookie, at now: Date) async throws -> Session? {
        // Who has no session takes no turn at the database's one writer.
        guard let session = try await session(of: key, at: now) else { return nil }
        return try await database.write { try prolongTokens(of: session.id, at: now, in: $0) }
    }

    private func session(of key: SessionCookie, at now: Date) async throws -> Session? {
        try await database.read { connection in
            try Self.sessionID(of: key, in: connection).flatMap { try Self.session($0, at: now, in: connection) }
        }
    }
}
