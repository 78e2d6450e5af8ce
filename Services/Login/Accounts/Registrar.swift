import ServiceRuntime

/// The outcome of a sign-up.
enum RegistrationResult: Sendable {
    case registered(Account)
    /// All errors of `username` and `password`.
    case invalid([FieldError])
    case usernameTaken
    /// Too many passwords wait to be hashed. There is room again after `PasswordHasher.retryAfterSeconds`.
    case busy
}

/// Creates accounts of customers.
struct Registrar: Sendable {
    let accounts: AccountStore
    let hasher: PasswordHasher
    let clock: WallClock

    /// Creates an account.
    ///
    /// - Throws: Errors of the database; `CancellationError`.
    func register(username: String, password: String) async throws -> RegistrationResult {
        let (name, errors) = (Username(username), Self.errors(username: username, password: password))
        guard let name, let password = Password(password), errors.isEmpty else { return .invalid(errors) }
        guard try await !accounts.exists(name) else { return .usernameTaken }
        guard case .finished(let hash) = try await hasher.hash(password) else { return .busy }
        let account = try await accounts.create(name, password: hash, scope: .customer, at: clock.now())
        return account.map(RegistrationResult.registered) ?? .usernameTaken
    }

    private static func errors(username: String, password: String) -> [FieldError] {
        var errors: [FieldError] = []
        if Username(username) == nil { errors.append(FieldError("username", Username.rule)) }
        if let reason = Password.rejectionReason(of: password, username: username) {
            errors.append(FieldError("password", reason))
        }
        return errors
    }
}
