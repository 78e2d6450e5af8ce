import ServiceRuntime

/// The accounts that exist with `DEMO_DATA=on`: the customers `alice` and `bob`, and `staff`.
///
/// The documentation contains their password. A system that other people can reach must not have these accounts.
enum DemoData {
    static let password = "correct horse battery staple"
    static let accounts = [
        ("alice", Scope.customer), ("bob", Scope.customer), ("staff", Scope.customer.union(.staff)),
    ]

    /// Creates the missing accounts. Existing accounts stay as they are.
    static func add(to accounts: AccountStore, hasher: PasswordHasher, clock: WallClock) async throws {
        for (name, scope) in Self.accounts {
            guard let username = Username(name), let password = Password(password),
                try await !accounts.exists(username),
                let hash = try await hasher.withTurn(for: .signIn, of: "demo data", { try await $0.hash(password) })
            else { continue }
            _ = try await accounts.create(username, password: hash, scope: scope, at: clock.now())
        }
    }
}
