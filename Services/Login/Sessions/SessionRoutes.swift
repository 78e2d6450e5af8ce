import Foundation
import HTTPTypes
import Hummingbird
import JWT
import JWTAuth
import ServiceRuntime

/// `GET /me`, `GET /sessions`, `DELETE /sessions/{id}` and `POST /logout`, for users with an access token.
struct SessionRoutes: Sendable {
    let sessions: SessionStore
    let clock: WallClock

    func add(to router: Router<AppRequestContext>, _ authenticator: JWTAuthenticator) {
        router.behind(authenticator, .user).get("me", use: me)
        router.behind(authenticator, .firstParty)
            .get("sessions", use: list)
            .delete("sessions/{id}", use: end)
            .post("logout", use: logout)
    }

    private struct MeResponse: ResponseEncodable {
        struct Session: Encodable {
            let id: String
            let created_at: String
            let expires_at: String
        }

        let account_id: String
        let username: String
        let scope: String
        let session: Session
    }

    private func me(_ request: Request, _ context: AuthenticatedRequestContext) async throws -> MeResponse {
        let session = try await sessions.current(context, at: clock.now())
        return MeResponse(
            account_id: session.accountID.lowercase, username: session.username,
            scope: context.identity.token.scopes.joined(separator: " "),
            session: .init(
                id: session.id.lowercase, created_at: session.createdAt.rfc3339, expires_at: session.expiresAt.rfc3339))
    }

    private struct SessionListResponse: ResponseEncodable {
        struct Item: Encodable {
            let id: String
            let created_at: String
            let last_used_at: String
            let expires_at: String
            /// The kind of program that began the session.
            let device: String
            let address: String
            /// The program and the address of the last use.
            let last_device: String
            let last_address: String
            /// Whether the token of the request belongs to this session.
            let current: Bool
        }

        let sessions: [Item]
        let next: String?
    }

    private func list(
        _ request: Request, _ context: AuthenticatedRequestContext
    ) async throws -> SessionListResponse {
        let (now, page) = (clock.now(), try PageRequest(of: request))
        let current = try await sessions.managing(context, at: now)
        let found = try await sessions.list(of: current.accountID, page, at: now)
        let (mine, next) = page.cut(found) { $0.id }
        let items = mine.map {
            SessionListResponse.Item(
                id: $0.id.lowercase, created_at: $0.createdAt.rfc3339, last_used_at: $0.lastUsedAt.rfc3339,
                expires_at: $0.expiresAt.rfc3339, device: $0.client.device, address: $0.client.address,
                last_device: $0.lastClient.device, last_address: $0.lastClient.address, current: $0.id == current.id)
        }
        return SessionListResponse(sessions: items, next: next)
    }

    private func end(_ request: Request, _ context: AuthenticatedRequestContext) async throws -> HTTPResponse.Status {
        let now = clock.now()
        let current = try await sessions.managing(context, at: now)
        guard try await sessions.end(context.parameters.id(), of: current.accountID, at: now) else {
            throw Problem.notFound()
        }
        return .noContent
    }

    /// Ends this session, or all sessions with `everywhere=true`. Ending only this session succeeds again when it is
    /// over, because the first response may be lost. A revoked token does not end a session that goes on.
    private func logout(
        _ request: Request, _ context: AuthenticatedRequestContext
    ) async throws -> HTTPResponse.Status {
        let now = clock.now()
        switch request.uri.queryParameters["everywhere"] {
        case "true":
            try await sessions.endAll(of: sessions.managing(context, at: now).accountID, at: now)
        case nil, "false":
            guard let id = context.identity.token.session else { throw Problem.sessionOver(context.challenge) }
            guard try await sessions.find(id, at: now) != nil else { break }
            try await sessions.end(sessions.current(context, at: now).id, at: now)
        default:
            throw Problem.unprocessable([.init("everywhere", "must be true or false")])
        }
        return .noContent
    }
}

extension SessionStore {
    /// The session of the access token of a request.
    ///
    /// Other services read revocations from the feed. This service reads the session itself and rejects the token at
    /// once.
    ///
    /// - Throws: `Problem` with 401 when the session is over, the token is revoked or it names another account; errors of
    ///   the database.
    func current(_ context: AuthenticatedRequestContext, at now: Date) async throws -> Session {
        guard let session = try await find(context.identity.token, at: now) else {
            throw Problem.sessionOver(context.challenge)
        }
        return session
    }

    /// The session of the access token of a request that manages the account as a whole. A token that was narrowed to
    /// fewer scopes is not enough, because its holder should get no more than these.
    ///
    /// - Throws: As `current`; `Problem` with 403 for a narrowed token.
    func managing(_ context: AuthenticatedRequestContext, at now: Date) async throws -> Session {
        let session = try await current(context, at: now)
        let missing = session.wholeScope.names.filter { !context.identity.allows($0) }
        guard missing.isEmpty else { throw Problem.narrowedToken(context.challenge, missing: Scope(names: missing)) }
        return session
    }

    /// The session of a verified access token. Nil when the session is over, the token is revoked, or its `sub` is not
    /// the account of the session.
    func find(_ token: VerifiedToken, at now: Date) async throws -> Session? {
        guard let id = token.session, let subject = token.subject,
            let session = try await find(id, token: token.id, at: now),
            session.accountID.lowercase.utf8.elementsEqual(subject.utf8)
        else { return nil }
        return session
    }
}

extension Problem {
    /// 403: the token has fewer scopes than its account.
    fileprivate static func narrowedToken(_ challenge: BearerChallenge, missing scope: Scope) -> Problem {
        .insufficientScope(
            challenge, missing: scope.text,
            detail: "Only a token with the whole scope of its account may do this. Sign in without asking for less.")
    }

    /// 401: the token has not expired, but its session is over or unknown, or the token is revoked.
    static func sessionOver(_ challenge: BearerChallenge) -> Problem {
        Problem(
            .unauthorized, code: "invalid_token", detail: "The session is over. Sign in again.",
            headers: [.wwwAuthenticate: challenge.text(error: "invalid_token")])
    }
}
