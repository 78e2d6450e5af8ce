import ServiceRuntime

/// The outcome of a sign-up.
enum RegistrationResult: Sendable {
    case registered(Account)
    /// All errors of `username` and `password`.
    case invalid([FieldError])
    case usernameTaken
    /// There were too many sign-ups from the network; the next one is admitted after this many seconds.
    case throttled(retryAfterSeconds: Int)
    /// Too many passwords wait to be hashed. There is room again after `PasswordHasher.retryAfterSeconds`.
    case busy
}

/// Creates accounts of customers.
struct Registrar: Sendable {
    let accounts: AccountStore
    let hasher: PasswordHasher
    let clock: WallClock
    let throttle = SignupThrottle()
    /// The minimum number of characters of a password.
    var minimumPasswordLength = Password.minimumLength

    /// Creates an account, which then knows the network that it was created from.
    ///
    /// - Parameter network: The network that the request comes from, as `NetworkAddress` writes it.
    /// - Throws: Errors of the database; `CancellationError`.
    func register(username: String, password: String, from network: String) async throws -> RegistrationResult {
        let name = Username(username).flatMap { $0.isAllowedForNewAccounts ? $0 : nil }
        let errors = errors(of: name, password)
        guard let name, let password = Password(password), errors.isEmpty else { return .invalid(errors) }
        guard try await !accounts.exists(name) else { return .usernameTaken }
        switch throttle.admit(network) {
        case .admitted(let wait): try await Self.wait(wait)
        case .throttled(let seconds): return .throttled(retryAfterSeconds: seconds)
        }
        var hasHashed = false
        defer { if !hasHashed { throttle.takeBack(network) } }
        let result = try await hasher.withTurn(for: .signUp, of: network) { turn -> PasswordHash? in
            // Another sign-up may have taken the name while this one waited.
            guard try await !accounts.exists(name) else { return nil }
            hasHashed = true
            return try await turn.hash(password)
        }
        // The turn has ended: sign-ups that wait for the database must not wait one after the other.
        guard let result else { return .busy }
        guard let hash = result else { return .usernameTaken }
        let account = try await accounts.create(
            name, password: hash, scope: .customer, from: .network(network), at: clock.now())
        return account.map(RegistrationResult.registered) ?? .usernameTaken
    }

    /// Waits as long as the client does.
    private static func wait(_ time: Duration) async throws {
        guard time > .zero else { return }
        try await ClientConnection.cancellingOnClose { try await Task.sleep(for: time) }
    }

    private func errors(of name: Username?, _ password: String) -> [FieldError] {
        var errors: [FieldError] = []
        if name == nil { errors.append(FieldError("username", Username.rule)) }
        let reason = Password.rejectionReason(
            of: password, username: name?.text ?? "", minimumLength: minimumPasswordLength)
        if let reason {
            errors.append(FieldError("password", reason))
        }
        return errors
    }
}
