import JWT

/// A valid authorization request: what a client asks a person to allow.
struct AuthorizationRequest: Sendable {
    let target: AuthorizationTarget
    /// The scope, which is registered for the client. The account may lack a part of it.
    let scope: Scope
    /// The services, which are registered for the client.
    let audience: [String]
    let challenge: CodeChallenge
    let prompt: Prompt

    /// The pages that the client wants to be shown (OpenID Connect Core §3.1.2.1).
    enum Prompt: Sendable {
        /// A page only if it is needed.
        case ifNeeded
        /// No page: if one is needed, an error.
        case never
        /// A page in any case, even if the person has allowed the client before.
        case always
    }

    /// Reads the parameters besides those of `target`.
    ///
    /// - Throws: `OAuthError`, which the client must learn.
    init(
        _ parameters: AuthorizationParameters, for target: AuthorizationTarget, services: ServiceDirectory
    ) throws(OAuthError) {
        try parameters.validate()
        self.target = target
        guard let responseType = parameters.value(of: "response_type") else {
            throw OAuthError(.invalidRequest, "The parameter response_type is missing.")
        }
        guard responseType == "code" else {
            throw OAuthError(.unsupportedResponseType, "The only response type is code.")
        }
        guard target.client.grantTypes.contains(.authorizationCode) else {
            throw OAuthError(.unauthorizedClient, "The client is not registered for authorization codes.")
        }
        guard ["query", nil].contains(parameters.value(of: "response_mode")) else {
            throw OAuthError(.invalidRequest, "The only response mode is query.")
        }
        challenge = try CodeChallenge(parameters)
        scope = try target.client.scope.narrowed(to: parameters.value(of: "scope"))
        audience = try services.audience(
            resources: parameters.values(of: "resource"), within: target.client.audience)
        prompt = try Prompt(parameters.value(of: "prompt"))
    }

    /// The part of the scope that an account may allow.
    ///
    /// - Throws: `OAuthError` with `invalid_scope` when nothing is left.
    func scope(within granted: Scope) throws(OAuthError) -> Scope {
        let scope = scope.intersection(granted)
        guard !scope.names.isEmpty else {
            throw OAuthError(.invalidScope, "The account does not have any of these scopes.")
        }
        return scope
    }
}

extension AuthorizationRequest.Prompt {
    /// Reads a list of words. Unknown words are ignored, and `login` and `select_account` show a page that names the
    /// account.
    fileprivate init(_ text: String?) throws(OAuthError) {
        let words = (text ?? "").split(separator: " ")
        if words.contains("none") {
            guard words.count == 1 else {
                throw OAuthError(.invalidRequest, "The prompt none cannot be combined with another one.")
            }
            self = .never
        } else {
            self = words.contains { ["consent", "login", "select_account"].contains($0) } ? .always : .ifNeeded
        }
    }
}
