import Database
import Foundation
import ServiceRuntime

/// The authorization codes that were issued, as hashes. A redeemed code stays until its session is removed, because its
/// second use must be recognized.
struct CodeStore: Sendable {
    /// The lifetime of a code, in seconds.
    static let lifetimeSeconds = 60.0
    /// The number of wrong verifiers after which a code can no longer be redeemed.
    static let maximumWrongVerifiers = 5
    /// The number of expired codes that each new code removes. It keeps their number low.
    private static let cleanupCount = 100

    let database: SQLDatabase
    let sessions: SessionStore

    /// The parameters with which a client redeems a code.
    struct Redemption: Sendable {
        let code: AuthorizationCode
        let verifier: String
        let redirectURI: String
        let client: Client
        /// The address that a new session stores.
        let address: String
    }

    /// The outcome of the use of a code.
    enum Result: Sendable {
        /// The new session, its first access token, and its refresh token if the client may have one.
        case redeemed(Session, RenewedAccess, RefreshToken?)
        /// The code does not exist, has expired, belongs to another client or was issued for another redirect URI.
        case unknown
        /// The verifier is not that of the code, so the caller may be a thief.
        case wrongVerifier
        /// The code was used before, and the caller has its verifier. Its session was ended (RFC 6749 §4.1.2).
        case reused(sessionID: UUID)
    }

    /// Stores a code for a request that a person allows.
    ///
    /// - Parameters:
    ///   - scope: The scope that the person allows.
    ///   - session: The session of the browser. The code dies with it.
    func insert(
        _ code: AuthorizationCode, for request: AuthorizationRequest, scope: Scope, by session: Session, at now: Date,
        in connection: Connection
    ) throws {
        try removeExpired(at: now, in: connection)
        try connection.execute(
            """
            INSERT INTO authorization_codes
            (hash, client_id, account_id, browser_session_id, redirect_uri, scope, audience, challenge, expires_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            """, code.hash, request.target.client.id, session.accountID, session.id, request.target.redirectURI.text,
            scope.text, request.audience.joined(separator: " "), request.challenge.bytes, now + Self.lifetimeSeconds)
    }

    /// Begins a session for a code.
    ///
    /// The verifier is checked before anything changes. So a holder of only the code can neither use it up nor end the
    /// session of the client that has used it.
    ///
    /// - Parameter access: Returns the part of the session that the first access token covers.
    /// - Throws: The error of `access`: nothing changes then, and the code counts as unused. Errors of the database.
    func redeem(
        _ redemption: Redemption, at now: Date, access: @Sendable (Session) throws -> RenewedAccess
    ) async throws -> Result {
        // Look the code up with a read first: unknown codes must not queue for the single writer.
        guard try await database.read({ try row(of: redemption, in: $0) }) != nil else { return .unknown }
        return try await database.write { connection in
            guard let row = try lockedRow(of: redemption, in: connection) else { return .unknown }
            let sessionID: UUID? = try row["session_id"]
            guard CodeChallenge(bytes: try row["challenge"]).matches(redemption.verifier) else {
                if sessionID == nil { try countWrongVerifier(of: redemption.code, in: connection) }
                return .wrongVerifier
            }
            if let sessionID {
                try sessions.end(sessionID, at: now, in: connection)
                return .reused(sessionID: sessionID)
            }
            let (expiry, redirectURI): (Date, String) = (try row["expires_at"], try row["redirect_uri"])
            guard expiry > now, redirectURI.utf8.elementsEqual(redemption.redirectURI.utf8),
                let session = try begin(row, redemption, at: now, in: connection)
            else { return .unknown }
            let access = try access(session)
            guard redemption.client.grantTypes.contains(.refreshToken) else { return .redeemed(session, access, nil) }
            let token = RefreshToken()
            try sessions.insert(token, of: session.id, at: now, in: connection)
            return .redeemed(session, access, token)
        }
    }

    private func row(of redemption: Redemption, in connection: Connection) throws -> Row? {
        try connection.queryOne(
            "SELECT * FROM authorization_codes WHERE hash = $1 AND client_id = $2", redemption.code.hash,
            redemption.client.id)
    }

    /// The row of a code, which no other transaction can change until this one ends.
    private func lockedRow(of redemption: Redemption, in connection: Connection) throws -> Row? {
        try connection.queryOne(
            """
            UPDATE authorization_codes SET wrong_verifiers = wrong_verifiers WHERE hash = $1 AND client_id = $2
            RETURNING *
            """, redemption.code.hash, redemption.client.id)
    }

    /// Begins the session of a code. A session that the client cannot renew lives as long as its access token. Nil when
    /// the browser has signed out since, or when the account cannot sign in or has lost the whole scope.
    private func begin(
        _ row: Row, _ redemption: Redemption, at now: Date, in connection: Connection
    ) throws -> Session? {
        let (browserSession, scope, audience): (UUID, String, String) = (
            try row["browser_session_id"], try row["scope"], try row["audience"]
        )
        guard try AccountTable.lock(row["account_id"], in: connection),
            let browser = try sessions.session(browserSession, at: now, in: connection)
        else { return nil }
        let client = redemption.client
        let seconds =
            client.grantTypes.contains(.refreshToken)
            ? sessions.lifetimes.sessionSeconds : sessions.lifetimes.accessTokenSeconds
        // The account may have lost scopes since the person allowed the request.
        let allowed = Scope(names: scope.split(separator: " ").map(String.init)).intersection(browser.scope)
        guard !allowed.names.isEmpty else { return nil }
        let program = ClientInfo(device: client.name.text, address: redemption.address)
        let session = Session(
            id: .version7(at: now), accountID: browser.accountID, username: browser.username, scope: allowed,
            wholeScope: allowed, audience: audience.split(separator: " ").map(String.init), clientID: client.id,
            client: program, lastClient: program, createdAt: now, lastUsedAt: now,
            expiresAt: now + TimeInterval(seconds))
        try sessions.insert(session, at: now, in: connection)
        try connection.execute(
            "UPDATE authorization_codes SET session_id = $1 WHERE hash = $2", session.id, redemption.code.hash)
        return try sessions.session(session.id, at: now, in: connection)
    }

    private func countWrongVerifier(of code: AuthorizationCode, in connection: Connection) throws {
        try connection.execute(
            "UPDATE authorization_codes SET wrong_verifiers = wrong_verifiers + 1 WHERE hash = $1", code.hash)
        try connection.execute(
            "DELETE FROM authorization_codes WHERE hash = $1 AND wrong_verifiers >= $2", code.hash,
            Self.maximumWrongVerifiers)
    }

    /// Removes some codes that expired without being redeemed.
    private func removeExpired(at now: Date, in connection: Connection) throws {
        try connection.execute(
            """
            DELETE FROM authorization_codes WHERE hash IN (
                SELECT hash FROM authorization_codes WHERE session_id IS NULL AND expires_at <= $1
                ORDER BY expires_at LIMIT $2
            )
            """, now, Self.cleanupCount)
    }

    /// Removes the codes of a client that an account has allowed and that were not redeemed.
    func removeUnused(of account: UUID, client: String, in connection: Connection) throws {
        try connection.execute(
            "DELETE FROM authorization_codes WHERE account_id = $1 AND client_id = $2 AND session_id IS NULL", account,
            client)
    }
}
