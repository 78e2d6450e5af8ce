import HTTPTypes
import Hummingbird
import JWTAuth
import ServiceRuntime

/// `POST /password` and `DELETE /me`.
struct AccountRoutes: Sendable {
    let changes: AccountService
    let sessions: SessionStore
    let clock: WallClock

    func add(to router: Router<AppRequestContext>, _ authenticator: JWTAuthenticator) {
        router.behind(authenticator, .user)
            .post("password", use: changePassword)
            .delete("me", use: delete)
    }

    private struct PasswordChange: Decodable {
        let current_password: String
        let new_password: String
    }

    private func changePassword(_ request: Request, _ context: AuthenticatedRequestContext) async throws
        -> HTTPResponse.Status
    {
        let change = try await request.decode(as: PasswordChange.self, context: context)
        try await changes.changePassword(
            of: sessions.current(context, at: clock.now()), from: change.current_password, to: change.new_password,
            address: NetworkAddress.network(of: context.peerAddress), logger: context.logger)
        return .noContent
    }

    private struct Deletion: Decodable {
        let password: String
    }

    private func delete(_ request: Request, _ context: AuthenticatedRequestContext) async throws -> HTTPResponse.Status
    {
        let deletion = try await request.decode(as: Deletion.self, context: context)
        try await changes.delete(
            accountOf: sessions.current(context, at: clock.now()), password: deletion.password,
            address: NetworkAddress.network(of: context.peerAddress), logger: context.logger)
        return .noContent
    }
}
