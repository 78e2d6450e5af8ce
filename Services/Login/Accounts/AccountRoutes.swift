import HTTPTypes
import Hummingbird
import JWTAuth
import ServiceRuntime

/// `POST /password` and `DELETE /me`: what the owner of an account may do with it, who must know its password for that. A
/// stolen token is not enough.
///
/// Wrong passwords count as failed sign-ins do.
struct AccountRoutes: Sendable {
    let accounts: AccountStore
    let sessions: SessionStore
    let authenticator: Authenticator
    let clock: WallClock

    func add(to router: Router<DoorContext>, _ door: Door) {
        router.behind(door, .user)
            .post("password", use: changePassword)
            .delete("me", use: delete)
    }

    private struct PasswordChange: Decodable {
        let current_password: String
        let new_password: String
    }

    /// Ends all sessions, this one too: whoever else was let in by the old password is out.
    private func changePassword(_ request: Request, _ context: IdentifiedContext) async throws -> HTTPResponse.Status {
        let change = try await request.decode(as: PasswordChange.self, context: context)
        let session = try await sessions.current(context, at: clock.now())
        let objection = Password.objection(to: change.new_password, username: session.username)
        guard objection == nil, let password = Password(change.new_password) else {
            throw Problem.unprocessable([.init("new_password", objection ?? "cannot be a password")])
        }
        let account = try await owner(of: session, change.current_password, context)
        let hash = try await authenticator.hasher.hash(password)
        guard try await accounts.changePassword(of: account, to: hash, at: clock.now()) else {
            throw Problem.wrongPassword
        }
        return .noContent
    }

    private struct Deletion: Decodable {
        let password: String
    }

    private func delete(_ request: Request, _ context: IdentifiedContext) async throws -> HTTPResponse.Status {
        let deletion = try await request.decode(as: Deletion.self, context: context)
        let session = try await sessions.current(context, at: clock.now())
        let account = try await owner(of: session, deletion.password, context)
        try await accounts.delete(account.id, at: clock.now())
        return .noContent
    }

    /// The account of a session, once more proven to be the caller's.
    private func owner(of session: Session, _ password: String, _ context: IdentifiedContext) async throws -> Account {
        do {
            let account = try await authenticator.account(
                name: session.username, password: password, from: NetworkAddress.network(of: context.peerAddress),
                logger: context.logger)
            // The name may have been freed and taken in between.
            guard account.id == session.accountID else { throw Problem.wrongPassword }
            return account
        } catch is Authenticator.WrongCredentials {
            throw Problem.wrongPassword
        } catch let error as LoginThrottle.Throttled {
            throw Problem(
                .tooManyRequests, code: "too_many_attempts",
                detail: "There were too many failed attempts. Try again later.",
                headers: [.retryAfter: String(error.retryAfterSeconds)])
        }
    }
}

extension Problem {
    /// 403: the token is good, and the password beside it is not.
    fileprivate static let wrongPassword = Problem(
        .forbidden, code: "wrong_password", detail: "The password is wrong.")
}
