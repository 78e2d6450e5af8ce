import ServiceRuntime

/// The accounts that exist with `DEMO_DATA=on`: `alice` and `bob`, customers, and `staff`.
///
/// Their password stands in the documentation, so a system that anyone else can reach must not have them.
enum DemoData {
    static let password = "correct horse battery staple"
    static let accounts = [
        ("alice", Scope.customer), ("bob", Scope.customer), ("staff", Scope.customer.union(.staff)),
    ]

    /// Makes those of the accounts that are missing. What was changed about one that is there stays.
    static func add(to accounts: AccountStore, hasher: PasswordHasher, clock: WallClock) async throws {
        for (name, scope) in Self.accounts {
            guard let username = Username(name), let password = Password(password),
                try await !accounts.exists(username), case .finished(let hash) = try await hasher.hash(password)
            else { continue }
            _ = try await accounts.create(username, password: hash, scope: scope, at: clock.now())
        }
    }
}
