import Foundation
import Logging
import Metrics
import ServiceRuntime

/// Finds out whether a name and a password belong together, at the same cost and with the same answer for every way in
/// which they do not.
struct PasswordAuthenticator: Sendable {
    let accounts: AccountStore
    let hasher: PasswordHasher
    let throttle: LoginThrottle
    let clock: WallClock

    /// The name and the password do not open an account; the log knows why.
    struct WrongCredentials: Error {}

    /// Why someone was not let in: for the log only.
    private enum Refusal: String, Error {
        case unknownName = "unknown name"
        case wrongPassword = "wrong password"
        case impossiblePassword = "impossible password"
        case disabled = "account is disabled"
    }

    /// The account that `name` and `password` open.
    ///
    /// - Throws: `WrongCredentials`; `LoginThrottle.Throttled` after too many failures; `PasswordHasher.Busy` while too many
    ///   passwords wait to be checked; errors of the database.
    func account(name: String, password: String, from address: String, logger: Logger) async throws -> Account {
        let username = Username(name)
        let admission = try admit(.init(username: username, address: address), logger: logger)
        var outcome = LoginThrottle.Outcome.none
        defer { throttle.end(admission, as: outcome, at: clock.now()) }
        switch try await check(username, password, logger: logger) {
        case .success(let account):
            outcome = .success
            return account
        case .failure(let refusal):
            outcome = .failure
            Counter(label: "login_failures_total").increment()
            logger.info("Sign-in refused.", metadata: ["reason": "\(refusal.rawValue)"])
            throw WrongCredentials()
        }
    }

    private func admit(
        _ attempt: LoginThrottle.Attempt, logger: Logger
    ) throws(LoginThrottle.Throttled) -> LoginThrottle.Admission {
        do {
            return try throttle.admit(attempt, at: clock.now())
        } catch {
            Counter(label: "login_throttled_total").increment()
            logger.info("Sign-in put off.", metadata: ["seconds": "\(error.retryAfterSeconds)"])
            throw error
        }
    }

    /// A hash is computed whether the name exists or not, and whether the account is disabled or not. An account whose hash
    /// has older parameters takes the time of those, until its owner signs in.
    private func check(
        _ username: Username?, _ password: String, logger: Logger
    ) async throws -> Result<Account, Refusal> {
        guard let password = Password(password) else { return .failure(.impossiblePassword) }
        var credentials: AccountStore.Credentials?
        if let username { credentials = try await accounts.credentials(of: username) }
        let matches = try await hasher.verify(password, against: credentials?.hash)
        guard let credentials else { return .failure(.unknownName) }
        guard matches else { return .failure(.wrongPassword) }
        guard !credentials.account.isDisabled else { return .failure(.disabled) }
        if hasher.isOutdated(credentials.hash) { await rehash(password, of: credentials, logger: logger) }
        return .success(credentials.account)
    }

    /// Stores the hash that new accounts would get. When that fails, the next sign-in tries again.
    private func rehash(_ password: Password, of credentials: AccountStore.Credentials, logger: Logger) async {
        do {
            let renewed = try await hasher.hash(password)
            try await accounts.replaceHash(of: credentials.account.id, from: credentials.hash, with: renewed)
        } catch {
            logger.warning("A password could not be hashed anew.", metadata: ["error": "\(error)"])
        }
    }
}
