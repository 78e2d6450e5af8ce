import ServiceRuntime

/// Makes accounts of customers.
struct Registrar: Sendable {
    let accounts: AccountStore
    let hasher: PasswordHasher
    let clock: WallClock

    /// Makes an account.
    ///
    /// - Throws: `Problem`: 422 with everything that is wrong with name and password, 409 when the name is taken;
    ///   `PasswordHasher.Busy`; errors of the database.
    func register(username: String, password: String) async throws -> Account {
        let (username, password) = try checked(username, password)
        guard try await !accounts.exists(username) else { throw Self.taken }
        let hash = try await hasher.hash(password)
        guard let account = try await accounts.create(username, password: hash, scope: .customer, at: clock.now())
        else {
            throw Self.taken
        }
        return account
    }

    /// Name and password, or everything that is wrong with them.
    private func checked(_ username: String, _ password: String) throws -> (Username, Password) {
        let name = Username(username)
        var faults: [Problem.InvalidField] = []
        if name == nil { faults.append(.init("username", Username.rule)) }
        if let objection = Password.objection(to: password, username: username) {
            faults.append(.init("password", objection))
        }
        guard let name, let password = Password(password), faults.isEmpty else {
            throw Problem.unprocessable(faults)
        }
        return (name, password)
    }

    private static let taken = Problem.conflict(code: "username_taken", "This name is taken; choose another.")
}
