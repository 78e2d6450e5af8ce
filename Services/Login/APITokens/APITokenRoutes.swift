import HTTPTypes
import Hummingbird
import JWT
import JWTAuth
import ServiceRuntime

/// `POST /api-tokens`, `GET /api-tokens` and `DELETE /api-tokens/{id}`, for users with an access token.
struct APITokenRoutes: Sendable {
    let apiTokens: APITokenStore
    let sessions: SessionStore
    let clock: WallClock

    func add(to router: Router<AppRequestContext>, _ authenticator: JWTAuthenticator) {
        router.behind(authenticator, .firstParty)
            .get("api-tokens", use: list)
            .post("api-tokens", use: create)
            .delete("api-tokens/{id}", use: delete)
    }

    private func list(
        _ request: Request, _ context: AuthenticatedRequestContext
    ) async throws -> APITokenListResponse {
        let now = clock.now()
        let session = try await sessions.managing(context, at: now)
        let tokens = try await apiTokens.list(of: session.accountID, at: now)
        return APITokenListResponse(api_tokens: tokens.map { APITokenResponse(token: $0) })
    }

    /// Creates a token. Its scope is at most that of the access token: a client with a narrowed token must not get a
    /// wider one. It may create one, but it neither sees nor deletes those of others.
    private func create(
        _ request: Request, _ context: AuthenticatedRequestContext
    ) async throws -> EditedResponse<APITokenResponse> {
        let body = try await request.decode(as: APITokenRequest.self, context: context)
        try body.validate()
        let now = clock.now()
        let session = try await sessions.current(context, at: now)
        let scope = try Scope(names: context.identity.token.scopes).intersection(session.scope)
            .narrowed(toField: body.scope)
        let result = try await apiTokens.create(
            body.name, scope: scope, lifetimeSeconds: body.expires_in?.value, in: session, at: now)
        switch result {
        case .created(let token, let secret):
            return EditedResponse(
                status: .created, headers: .notStored, response: APITokenResponse(token: token, secret: secret))
        case .tooMany: throw Problem.tooManyAPITokens
        case .sessionOver: throw Problem.sessionOver(context.challenge)
        }
    }

    private func delete(
        _ request: Request, _ context: AuthenticatedRequestContext
    ) async throws -> HTTPResponse.Status {
        let session = try await sessions.managing(context, at: clock.now())
        guard try await apiTokens.delete(context.parameters.id(), of: session.accountID) else {
            throw Problem.notFound("There is no such API token.")
        }
        return .noContent
    }
}

extension Scope {
    /// Narrows the scope to the member `scope` of a JSON body.
    ///
    /// - Throws: `Problem` with 400 and the code `invalid_scope`.
    fileprivate func narrowed(toField requested: String?) throws(Problem) -> Scope {
        do {
            return try narrowed(to: requested)
        } catch {
            throw Problem(
                .badRequest, code: error.code.text,
                detail: """
                    The scope must be a list of names with single spaces between them, all of which the access token of \
                    this request has.
                    """)
        }
    }
}

extension Problem {
    /// 409: the account has the maximum number of API tokens.
    static let tooManyAPITokens = conflict(
        code: "too_many_api_tokens",
        "An account has at most \(APITokenStore.maximumTokensOfAccount) API tokens. Delete one that you no longer need."
    )
}
