import HTTPTypes
import Hummingbird
import JWTAuth
import ServiceRuntime

/// `POST /accounts/bind`, with a register token, and `DELETE /accounts/bind`, with an access token of the account.
struct WeChatBindingRoutes: Sendable {
    let bindings: WeChatBindingStore
    let registrar: Registrar
    let authenticator: PasswordAuthenticator
    let accounts: AccountStore
    let sessions: SessionStore
    let clock: WallClock

    func add(to router: Router<AppRequestContext>, _ authenticator: JWTAuthenticator) {
        router.behind(authenticator, .firstParty, scope: RegisterToken.scope.text).post("accounts/bind", use: bind)
        router.behind(authenticator, .firstParty).delete("accounts/bind", use: unbind)
    }

    private struct BindingRequest: Decodable {
        let username: String
        let password: String
    }

    private struct BindingResponse: ResponseEncodable {
        let account_id: String
        let username: String
    }

    /// Binds the user to the account with this name and password. Creates the account if the name is free.
    private func bind(
        _ request: Request, _ context: AuthenticatedRequestContext
    ) async throws -> EditedResponse<BindingResponse> {
        let body = try await request.decode(as: BindingRequest.self, context: context)
        guard let token = RegisterToken(context.identity.token), try await !bindings.isRevoked(token.id) else {
            throw Problem.registerTokenUsed(context.challenge)
        }
        guard try await bindings.account(of: token.user) == nil else { throw Problem.alreadyBound }
        let (account, isNew) = try await account(body.username, body.password, context)
        let result = try await bindings.bind(token, to: account, at: clock.now())
        // Another request may have bound the user meanwhile. Then the new account must not remain.
        if case .bound = result {} else if isNew { try await accounts.delete(account.id, at: clock.now()) }
        switch result {
        case .bound:
            return EditedResponse(
                status: isNew ? .created : .ok, headers: .notStored,
                response: BindingResponse(account_id: account.id.lowercase, username: account.username))
        case .alreadyBound: throw Problem.alreadyBound
        case .denied: throw Problem.registerTokenUsed(context.challenge)
        }
    }

    /// The account with this name and password, and whether it is new.
    private func account(
        _ username: String, _ password: String, _ context: AuthenticatedRequestContext
    ) async throws -> (Account, isNew: Bool) {
        if let name = Username(username), try await accounts.exists(name) {
            return (try await existingAccount(username, password, context), false)
        }
        let network = NetworkAddress.network(of: context.peerAddress)
        switch try await registrar.register(username: username, password: password, from: network) {
        case .registered(let account): return (account, true)
        case .invalid(let errors): throw Problem.invalidFields(errors)
        // Another request has created the account meanwhile.
        case .usernameTaken: return (try await existingAccount(username, password, context), false)
        case .throttled(let seconds): throw Problem.tooManyAttempts(retryAfterSeconds: seconds)
        case .busy: throw Problem.tooManySignIns
        }
    }

    private func existingAccount(
        _ username: String, _ password: String, _ context: AuthenticatedRequestContext
    ) async throws -> Account {
        let result = try await authenticator.signIn(
            username: username, password: password, from: NetworkAddress.network(of: context.peerAddress))
        switch result {
        case .signedIn(let account): return account
        case .wrongCredentials: throw Problem.wrongPassword
        case .throttled(let seconds): throw Problem.tooManyAttempts(retryAfterSeconds: seconds)
        case .busy: throw Problem.tooManySignIns
        }
    }

    /// Removes the binding of the account, and ends the sessions that WeChat began.
    private func unbind(
        _ request: Request, _ context: AuthenticatedRequestContext
    ) async throws -> HTTPResponse.Status {
        let session = try await sessions.managing(context, at: clock.now())
        try await bindings.unbind(session.accountID, at: clock.now())
        return .noContent
    }
}

extension Problem {
    /// 401: the register token has done its work.
    fileprivate static func registerTokenUsed(_ challenge: BearerChallenge) -> Problem {
        Problem(
            .unauthorized, code: "invalid_token",
            detail: "The register token was used or revoked. Sign in with WeChat again.",
            headers: [.wwwAuthenticate: challenge.text(error: "invalid_token")])
    }

    /// 409: the WeChat user has an account, or the account has a WeChat user.
    fileprivate static let alreadyBound = conflict(
        code: "already_bound",
        "The WeChat user or the account is bound already. DELETE /accounts/bind removes the binding of an account.")
}
