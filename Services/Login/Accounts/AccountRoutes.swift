import HTTPTypes
import Hummingbird
import JWTAuth
import ServiceRuntime

/// `POST /password` and `DELETE /me`.
struct AccountRoutes: Sendable {
    let service: AccountService
    let sessions: SessionStore
    let clock: WallClock

    func add(to router: Router<AppRequestContext>, _ authenticator: JWTAuthenticator) {
        router.behind(authenticator, .firstParty)
            .post("password", use: changePassword)
            .delete("me", use: delete)
    }

    private struct PasswordChangeRequest: Decodable {
        let current_password: String
        let new_password: String
    }

    private func changePassword(
        _ request: Request, _ context: AuthenticatedRequestContext
    ) async throws -> HTTPResponse.Status {
        let change = try await request.decode(as: PasswordChangeRequest.self, context: context)
        return try await status(
            of: service.changePassword(
                of: sessions.managing(context, at: clock.now()), from: change.current_password, to: change.new_password,
                address: NetworkAddress.network(of: context.peerAddress)))
    }

    private struct DeletionRequest: Decodable {
        let password: String
    }

    private func delete(
        _ request: Request, _ context: AuthenticatedRequestContext
    ) async throws -> HTTPResponse.Status {
        let deletion = try await request.decode(as: DeletionRequest.self, context: context)
        return try await status(
            of: service.delete(
                accountOf: sessions.managing(context, at: clock.now()), password: deletion.password,
                address: NetworkAddress.network(of: context.peerAddress)))
    }

    private func status(of result: AccountChangeResult) throws(Problem) -> HTTPResponse.Status {
        switch result {
        case .done: .noContent
        case .invalid(let errors): throw .invalidFields(errors)
        case .wrongPassword: throw .wrongPassword
        case .throttled(let seconds): throw .tooManyAttempts(retryAfterSeconds: seconds)
        case .busy: throw .tooManySignIns
        }
    }
}

extension Problem {
    /// 403: the token is valid, but the password in the body is wrong.
    static let wrongPassword = Problem(
        .forbidden, code: "wrong_password", detail: "The password is wrong.")

    /// 429: there were too many failed sign-ins, or too many sign-ups.
    static func tooManyAttempts(retryAfterSeconds seconds: Int) -> Problem {
        Problem(
            .tooManyRequests, code: "too_many_attempts",
            detail: "There were too many attempts. Try again in \(seconds) s.",
            headers: [.retryAfter: String(seconds)])
    }
}
