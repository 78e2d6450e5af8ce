import Database
import Foundation
import ServiceRuntime

/// Sessions of browsers. A cookie takes the place of the refresh token and stays the same until the session ends. Two
/// windows can therefore renew the session at the same time.
extension SessionStore {
    /// The minimum time between two updates of the last use while the same browser loads pages, in seconds.
    private static let useIntervalSeconds = 60.0

    /// Begins a session in a browser and ends the session that the `former` cookie opened.
    ///
    /// Returns nil when the account was deleted, disabled, or given another password since it was read.
    func beginInBrowser(
        _ account: Account, audience: [String], from client: ClientInfo, former: SessionCookie, at now: Date
    ) async throws -> (Session, SessionCookie)? {
        let session = newSession(of: account, scope: account.scope, audience: audience, from: client, at: now)
        let cookie = SessionCookie()
        let isBegun = try await database.write { connection in
            guard try insert(session, passwordVersion: account.passwordVersion, at: now, in: connection) else {
                return false
            }
            try connection.execute(
                "INSERT INTO browser_keys (hash, session_id) VALUES ($1, $2)", cookie.hash, session.id)
            if let id = try sessionID(of: former, in: connection) { try end(id, at: now, in: connection) }
            return true
        }
        return isBegun ? (session, cookie) : nil
    }

    /// The session that a cookie opens; nil when it is over.
    ///
    /// Records the use at once when another program or address sends the cookie, so the owner can see a stolen one.
    ///
    /// - Parameter client: The program and the address of the request; nil to keep those of the last use.
    func find(_ cookie: SessionCookie, from client: ClientInfo? = nil, at now: Date) async throws -> Session? {
        guard let session = try await session(of: cookie, at: now) else { return nil }
        let isElsewhere = client.map { $0 != session.lastClient } ?? false
        guard isElsewhere || now.timeIntervalSince(session.lastUsedAt) >= Self.useIntervalSeconds else {
            return session
        }
        return try await database.write { connection in
            try recordUse(of: session, from: client, at: now, in: connection)
            return try self.session(session.id, at: now, in: connection)
        }
    }

    /// Records that an access token is about to be issued, and returns the session that a cookie opens; nil when it
    /// is over.
    ///
    /// - Parameter client: The program and the address of the request; nil to keep those of the last use.
    func renew(_ cookie: SessionCookie, from client: ClientInfo? = nil, at now: Date) async throws -> Session? {
        // Look the session up with a read first: unknown cookies must not queue for the single writer.
        guard let session = try await session(of: cookie, at: now) else { return nil }
        return try await database.write { try recordToken(of: session.id, from: client, at: now, in: $0) }
    }

    private func session(of cookie: SessionCookie, at now: Date) async throws -> Session? {
        try await database.read { connection in
            try sessionID(of: cookie, in: connection).flatMap { try session($0, at: now, in: connection) }
        }
    }
}
