import ServiceRuntime

/// The outcome of a change that the owner of an account asks for.
enum AccountChangeResult: Sendable {
    case done
    /// Some fields of the request have invalid values.
    case invalid([FieldError])
    case wrongPassword
    /// There were too many failed attempts; the next one is admitted after this many seconds.
    case throttled(retryAfterSeconds: Int)
    /// Too many passwords wait to be checked. There is room again after `PasswordHasher.retryAfterSeconds`.
    case busy
}

/// Changes the password of an account, or deletes the account, at the request of its owner.
///
/// Each change needs the current password, so a stolen session is not enough. Wrong passwords count as failed sign-ins.
struct AccountService: Sendable {
    let accounts: AccountStore
    let authenticator: PasswordAuthenticator
    let clock: WallClock
    /// The minimum number of characters of a new password.
    var minimumPasswordLength = Password.minimumLength

    /// Changes the password of the account that a session belongs to, and ends all sessions of the account, this one
    /// included.
    ///
    /// - Parameters:
    ///   - address: The network that the request comes from, as `NetworkAddress` writes it.
    ///   - device: The device cookie of the browser; nil without one.
    /// - Throws: Errors of the database; `CancellationError`.
    func changePassword(
        of session: Session, from current: String, to new: String, address: String, device: DeviceCookie? = nil
    ) async throws -> AccountChangeResult {
        let reason = Password.rejectionReason(
            of: new, username: session.username, minimumLength: minimumPasswordLength)
        guard reason == nil, let password = Password(new) else {
            return .invalid([FieldError("new_password", reason ?? "cannot be a password")])
        }
        return try await change(accountOf: session, password: current, address: address, device) { account in
            let hash = try await authenticator.hasher.withTurn(for: .signIn, of: address) {
                try await $0.hash(password)
            }
            guard let hash else { return .busy }
            let isChanged = try await accounts.changePassword(of: account, to: hash, at: clock.now())
            return isChanged ? .done : .wrongPassword
        }
    }

    /// Deletes the account that a session belongs to, with everything that this service stores about it.
    ///
    /// - Parameters:
    ///   - address: The network that the request comes from, as `NetworkAddress` writes it.
    ///   - device: The device cookie of the browser; nil without one.
    /// - Throws: Errors of the database; `CancellationError`.
    func delete(
        accountOf session: Session, password: String, address: String, device: DeviceCookie? = nil
    ) async throws -> AccountChangeResult {
        try await change(accountOf: session, password: password, address: address, device) { account in
            try await accounts.delete(account.id, at: clock.now())
            return .done
        }
    }

    /// Runs `work` with the account of a session when `password` is the password of that account.
    private func change(
        accountOf session: Session, password: String, address: String, _ device: DeviceCookie?,
        _ work: (Account) async throws -> AccountChangeResult
    ) async throws -> AccountChangeResult {
        let result = try await authenticator.signIn(
            username: session.username, password: password, from: address, device: device)
        switch result {
        case .signedIn(let account):
            // The account may have been deleted since the session was read, and another account may have taken its
            // name.
            return account.id == session.accountID ? try await work(account) : .wrongPassword
        case .wrongCredentials: return .wrongPassword
        case .throttled(let seconds): return .throttled(retryAfterSeconds: seconds)
        case .busy: return .busy
        }
    }
}
