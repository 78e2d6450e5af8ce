import Foundation
import HTTPTypes
import Hummingbird
import JWT
import JWTAuth
import ServiceRuntime

/// `GET /me`, `GET /sessions`, `DELETE /sessions/{id}` and `POST /logout`, for who has an access token.
struct SessionRoutes: Sendable {
    let sessions: SessionStore
    let clock: WallClock

    func add(to router: Router<AppRequestContext>, _ authenticator: JWTAuthenticator) {
        router.behind(authenticator, .user)
            .get("me", use: me)
            .get("sessions", use: list)
            .delete("sessions/{id}", use: end)
            .post("logout", use: logout)
    }

    private struct Me: ResponseEncodable {
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

    private func me(_ request: Request, _ context: AuthenticatedRequestContext) async throws -> Me {
        let session = try await sessions.current(context, at: clock.now())
        return Me(
            account_id: session.accountID.lowercase, username: session.username,
            scope: context.identity.token.scopes.joined(separator: " "),
            session: .init(
                id: session.id.lowercase, created_at: session.createdAt.rfc3339, expires_at: session.expiresAt.rfc3339))
    }

    private struct SessionList: ResponseEncodable {
        struct Item: Encodable {
            let id: String
            let created_at: String
            let last_used_at: String
            let expires_at: String
            /// The kind of program that began it, and its address.
            let device: String
            let address: String
            /// Whether the request came with a token of this session.
            let current: Bool
        }

        let sessions: [Item]
        let next: String?
    }

    private func list(_ request: Request, _ context: AuthenticatedRequestContext) async throws -> SessionList {
        let (now, page) = (clock.now(), try PageRequest(of: request))
        let current = try await sessions.current(context, at: now)
        let found = try await sessions.list(of: current.accountID, page, at: now)
        let (mine, next) = page.cut(found, id: \.id)
        let items = mine.map {
            SessionList.Item(
                id: $0.id.lowercase, created_at: $0.createdAt.rfc3339, last_used_at: $0.lastUsedAt.rfc3339,
                expires_at: $0.expiresAt.rfc3339, device: $0.client.device, address: $0.client.address,
                current: $0.id == current.id)
        }
        return SessionList(sessions: items, next: next)
    }

    private func end(_ request: Request, _ context: AuthenticatedRequestContext) async throws -> HTTPResponse.Status {
        let now = clock.now()
        let current = try await sessions.current(context, at: now)
        guard try await sessions.end(context.parameters.id(), of: current.accountID, at: now) else {
            throw Problem.notFound()
        }
        return .noContent
    }

    /// Ends this session, or all. To end this one when it is over already is a success, as when an answer was lost.
    private func logout(_ request: Request, _ context: AuthenticatedRequestContext) async throws -> HTTPResponse.Status
    {
        let now = clock.now()
        switch request.uri.queryParameters["everywhere"] {
        case "true":
            try await sessions.endAll(of: sessions.current(context, at: now).accountID, at: now)
        case nil, "false":
            guard let id = context.identity.token.session else { throw Problem.sessionOver }
            try await sessions.end(id, at: now)
        default:
            throw Problem.unprocessable([.init("everywhere", "must be true or false")])
        }
        return .noContent
    }
}

extension SessionStore {
    /// The session of the token that a request came with. This service knows whether the session goes on and whether the
    /// token was revoked, so here it is refused at once.
    ///
    /// - Throws: `Problem` with 401 when the token is not good any more, although it has not expired.
    func current(_ context: AuthenticatedRequestContext, at now: Date) async throws -> Session {
        let token = context.identity.token
        guard let id = token.session, let session = try await find(id, token: token.id, at: now) else {
            throw Problem.sessionOver
        }
        return session
    }
}

extension Problem {
    /// 401: the token is good, but the session that it belongs to is not, or is none of this service's.
    fileprivate static let sessionOver = Problem(
        .unauthorized, code: "invalid_token", detail: "The session is over. Sign in again.",
        headers: [.wwwAuthenticate: "Bearer realm=\"\(Login.name)\", error=\"invalid_token\""])
}
