import Foundation
import HTTPTypes
import Hummingbird
import JWT
import JWTAuth
import ServiceRuntime

/// `GET /me` and `POST /logout`, for who has an access token.
struct SessionRoutes: Sendable {
    let sessions: SessionStore
    let clock: WallClock

    func add(to router: Router<DoorContext>, _ door: Door) {
        router.behind(door, .user)
            .get("me", use: me)
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

    /// This service knows whether the session goes on, so an ended one is refused here before its access token expires.
    private func me(_ request: Request, _ context: IdentifiedContext) async throws -> Me {
        let token = context.identity.token
        guard let id = context.sessionID, let session = try await sessions.find(id, at: clock.now()) else {
            throw Problem.sessionOver
        }
        return Me(
            account_id: session.accountID.lowercase, username: session.username,
            scope: token.scopes.joined(separator: " "),
            session: .init(
                id: session.id.lowercase, created_at: session.createdAt.rfc3339, expires_at: session.expiresAt.rfc3339))
    }

    private func logout(_ request: Request, _ context: IdentifiedContext) async throws -> HTTPResponse.Status {
        switch request.uri.queryParameters["everywhere"] {
        case "true":
            guard let account = UUID(lowercase: context.identity.subject) else { throw Problem.sessionOver }
            try await sessions.endAll(of: account, at: clock.now())
        case nil, "false":
            guard let id = context.sessionID else { throw Problem.sessionOver }
            try await sessions.end(id, at: clock.now())
        default:
            throw Problem.unprocessable([.init("everywhere", "must be true or false")])
        }
        return .noContent
    }
}

extension IdentifiedContext {
    fileprivate var sessionID: UUID? {
        identity.token.sessionID.flatMap { UUID(lowercase: $0) }
    }
}

extension Problem {
    /// 401: the token is good, but the session that it belongs to is not, or is none of this service's.
    fileprivate static let sessionOver = Problem(
        .unauthorized, code: "invalid_token", detail: "The session is over. Sign in again.",
        headers: [.wwwAuthenticate: "Bearer realm=\"\(Login.name)\", error=\"invalid_token\""])
}
