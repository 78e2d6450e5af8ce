import Database
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

    /// How long a sign-in waits for the database while others wait for its turn to hash.
    private static let countTime = Duration.seconds(1)

    /// The networks and browsers from which accounts have signed in.
    var clients: KnownClientStore { KnownClientStore(database: accounts.database) }

    /// The result of a check that the throttle has admitted.
    private enum CheckResult {
        case accepted(Account)
        case rejected(Reason)
        case busy
        /// Concurrent attempts have used up the failures meanwhile.
        case usedUp
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
    /// - Parameters:
    ///   - address: The network that the request comes from, as `NetworkAddress` writes it.
    ///   - device: The device cookie of the browser; nil without one.
    /// - Throws: Errors of the database; `CancellationError`.
    func signIn(
        username: String, password: String, from address: String, device: DeviceCookie? = nil
    ) async throws -> SignInResult {
        let username = Username(username)
        let browser = device.map(SignInClient.browser)
        var allowance = KnownClientStore.Allowance(owner: .none, client: nil, retryAfterSeconds: nil)
        if let username {
            allowance = try await clients.allowance(
                of: username, for: [browser, .network(address)].compactMap { $0 }, at: clock.now())
        }
        if let seconds = allowance.retryAfterSeconds { return throttled(seconds) }
        let attempt = LoginThrottle.Attempt(
            username: username, address: address, knownClient: allowance.client?.text)
        let admission: LoginThrottle.Admission
        switch throttle.admit(attempt, at: clock.now()) {
        case .admitted(let admitted): admission = admitted
        case .throttled(let seconds): return throttled(seconds)
        }
        var outcome = LoginThrottle.Outcome.none
        defer { throttle.end(admission, as: outcome, at: clock.now()) }
        switch try await check(username, password, from: address, allowance) {
        case .accepted(let account):
            outcome = .success
            return .signedIn(account)
        case .rejected(let reason):
            outcome = .failure
            Counter(label: "login_failures_total").increment()
            Logger.current.info("Sign-in failed.", metadata: ["reason": "\(reason.rawValue)"])
            return .wrongCredentials
        case .busy: return .busy
        case .usedUp: return throttled(LoginThrottle.firstWaitSeconds)
        }
    }

    private func throttled(_ seconds: Int) -> SignInResult {
        Counter(label: "login_throttled_total").increment()
        Logger.current.info("Sign-in throttled.", metadata: ["seconds": "\(seconds)"])
        return .throttled(retryAfterSeconds: seconds)
    }

    private func check(
        _ username: Username?, _ password: String, from address: String, _ allowance: KnownClientStore.Allowance
    ) async throws -> CheckResult {
        guard let password = Password(password) else { return .rejected(.impossiblePassword) }
        let result = try await hasher.withTurn(for: .signIn, of: address) { turn in
            // Count first: concurrent attempts must not exceed the allowance. Others wait for this turn.
            let isCounted = try await SQLDatabase.waiting(atMost: Self.countTime) {
                try await clients.countFailure(allowance, at: clock.now())
            }
            return isCounted ? try await verify(username, password, in: turn) : .usedUp
        }
        guard let result else { return .busy }
        if case .accepted(let account) = result {
            let known = allowance.client.flatMap { $0.kind == .browser ? $0 : nil }
            try await clients.recordSuccess(
                of: account.id, from: [known, .network(address)].compactMap { $0 }, at: clock.now())
        }
        return result
    }

    /// Spends the same work for every name, whether it is unknown, its account is disabled, or its hash is outdated.
    private func verify(
        _ username: Username?, _ password: Password, in turn: PasswordHasher.Turn
    ) async throws -> CheckResult {
        var credentials: AccountStore.Credentials?
        if let username { credentials = try await accounts.credentials(of: username) }
        let matches = try await turn.verify(password, against: credentials?.hash)
        guard let credentials else { return .rejected(.unknownName) }
        guard matches else { return .rejected(.wrongPassword) }
        guard !credentials.account.isDisabled else { return .rejected(.disabled) }
        if hasher.isOutdated(credentials.hash) { await rehash(password, of: credentials, in: turn) }
        return .accepted(credentials.account)
    }

    /// Replaces the stored hash by one with the current parameters. After a failure, the next sign-in tries again.
    private func rehash(
        _ password: Password, of credentials: AccountStore.Credentials, in turn: PasswordHasher.Turn
    ) async {
        do {
            let renewed = try await turn.hash(password)
            try await accounts.replaceHash(of: credentials.account.id, from: credentials.hash, with: renewed)
        } catch {
            Logger.current.warning(
                "A password could not be hashed with the current parameters.", metadata: ["error": "\(error)"])
        }
    }
}
