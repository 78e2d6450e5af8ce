import Foundation
import Logging
import Metrics
import ServiceRuntime

/// The outcome of a sign-in with a user name and a password.
enum SignInResult: Sendable, Equatable {
    /// The name and the password belong to this account.
    case signedIn(Account)
    /// The name is unknown, the password is wrong, or the account is disabled. Clients must not learn which of these it
    /// is. Only the log has the reason.
    case wrongCredentials
    /// There were too many failed attempts; the next one is admitted after this many seconds.
    case throttled(retryAfterSeconds: Int)
    /// Too many passwords wait to be checked. There is room again after `PasswordHasher.retryAfterSeconds`.
    case busy
}

/// Checks a user name and a password.
///
/// An unknown name, a wrong password and a disabled account take the same time and give the same result.
struct PasswordAuthenticator: Sendable {
    let accounts: AccountStore
    let hasher: PasswordHasher
    let throttle: LoginThrottle
    let clock: WallClock

    /// The result of a check that the throttle has admitted.
    private enum CheckResult {
        case accepted(Account)
        case rejected(Reason)
        case busy
    }

    /// The reason for a failed sign-in, for the log only.
    private enum Reason: String {
        case unknownName = "unknown name"
        case wrongPassword = "wrong password"
        case impossiblePassword = "impossible password"
        case disabled = "account is disabled"
    }

    /// Signs in with a user name and a password.
    ///
    /// - Parameter address: The network that the request comes from, as `NetworkAddress` writes it.
    /// - Throws: Errors of the database; `CancellationError`.
    func signIn(
        username: String, password: String, from address: String
    ) async throws -> SignInResult {
        let username = Username(username)
        let admission: LoginThrottle.Admission
        switch throttle.admit(.init(username: username, address: address), at: clock.now()) {
        case .admitted(let admitted): admission = admitted
        case .throttled(let seconds):
            Counter(label: "login_throttled_total").increment()
            Logger.current.info("Sign-in throttled.", metadata: ["seconds": "\(seconds)"])
            return .throttled(retryAfterSeconds: seconds)
        }
        var outcome = LoginThrottle.Outcome.none
        defer { throttle.end(admission, as: outcome, at: clock.now()) }
        switch try await check(username, password) {
        case .accepted(let account):
            outcome = .success
            return .signedIn(account)
        case .rejected(let reason):
            outcome = .failure
            Counter(label: "login_failures_total").increment()
            Logger.current.info("Sign-in failed.", metadata: ["reason": "\(reason.rawValue)"])
            return .wrongCredentials
        case .busy:
            return .busy
        }
    }

    /// Computes one hash, even if the name is unknown or the account is disabled.
    ///
    /// A stored hash with older parameters takes another time, until the owner of the account signs in and it is
    /// replaced.
    private func check(_ username: Username?, _ password: String) async throws -> CheckResult {
        guard let password = Password(password) else { return .rejected(.impossiblePassword) }
        var credentials: AccountStore.Credentials?
        if let username { credentials = try await accounts.credentials(of: username) }
        guard case .finished(let matches) = try await hasher.verify(password, against: credentials?.hash) else {
            return .busy
        }
        guard let credentials else { return .rejected(.unknownName) }
        guard matches else { return .rejected(.wrongPassword) }
        guard !credentials.account.isDisabled else { return .rejected(.disabled) }
        if hasher.isOutdated(credentials.hash) { await rehash(password, of: credentials) }
        return .accepted(credentials.account)
    }

    /// Replaces the stored hash by one with the current parameters. After a failure, the next sign-in tries again.
    private func rehash(_ password: Password, of credentials: AccountStore.Credentials) async {
        do {
            guard case .finished(let renewed) = try await hasher.hash(password) else { return }
            try await accounts.replaceHash(of: credentials.account.id, from: credentials.hash, with: renewed)
        } catch {
            Logger.current.warning(
                "A password could not be hashed with the current parameters.", metadata: ["error": "\(error)"])
        }
    }
}
