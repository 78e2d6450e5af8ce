import HTTPTypes
import Logging
import ServiceRuntime

/// What the owner of an account may do with it, who must know its password for that: a stolen session is not enough.
///
/// Wrong passwords count as failed sign-ins do.
struct AccountService: Sendable {
    let accounts: AccountStore
    let authenticator: PasswordAuthenticator
    let clock: WallClock

    /// Gives the account of a session another password, and ends all its sessions, this one too: whoever else was let in by
    /// the old password is out.
    ///
    /// - Parameter address: The network that the request comes from.
    /// - Throws: `Problem`: 422 for a password that must not be, 403 for a wrong one; `LoginThrottle.Throttled` after too
    ///   many; `PasswordHasher.Busy`; errors of the database.
    func changePassword(
        of session: Session, from current: String, to new: String, address: String, logger: Logger
    ) async throws {
        let objection = Password.objection(to: new, username: session.username)
        guard objection == nil, let password = Password(new) else {
            throw Problem.unprocessable([.init("new_password", objection ?? "cannot be a password")])
        }
        let account = try await owner(of: session, password: current, address: address, logger: logger)
        let hash = try await authenticator.hasher.hash(password)
        guard try await accounts.changePassword(of: account, to: hash, at: clock.now()) else {
            throw Problem.wrongPassword
        }
    }

    /// Removes the account of a session, with all that login keeps of it.
    ///
    /// - Parameter address: The network that the request comes from.
    /// - Throws: `Problem`: 403 for a wrong password; `LoginThrottle.Throttled` after too many; `PasswordHasher.Busy`;
    ///   errors of the database.
    func delete(accountOf session: Session, password: String, address: String, logger: Logger) async throws {
        let account = try await owner(of: session, password: password, address: address, logger: logger)
        try await accounts.delete(account.id, at: clock.now())
    }

    /// The account of a session, once more proven to be the caller's.
    private func owner(
        of session: Session, password: String, address: String, logger: Logger
    ) async throws -> Account {
        do {
            let account = try await authenticator.account(
                name: session.username, password: password, from: address, logger: logger)
            // The name may have been freed and taken in between.
            guard account.id == session.accountID else { throw Problem.wrongPassword }
            return account
        } catch is PasswordAuthenticator.WrongCredentials {
            throw Problem.wrongPassword
        }
    }
}

extension Problem {
    /// 403: the session is good, and the password beside it is not.
    fileprivate static let wrongPassword = Problem(
        .forbidden, code: "wrong_password", detail: "The password is wrong.")
}
