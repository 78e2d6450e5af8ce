// Tokens: the token endpoint of OAuth 2 with its grants, the issue of access tokens, revocation and introspection. This
// is a separate folder because its names and errors are those of the OAuth RFCs. It calls the password authenticator
// and the session store. The stores use only `Scope` of this folder.

import Hummingbird
import JWTAuth
import Metrics

/// `POST /token`, the token endpoint (RFC 6749 §3.2).
struct TokenRoutes: Sendable {
    let grants: [any Grant]

    func add(to router: Router<AppRequestContext>) {
        router.post("token", use: token)
    }

    private func token(
        _ request: Request, _ context: AppRequestContext
    ) async throws -> EditedResponse<TokenResponse> {
        let parameters = try await TokenParameters(of: request)
        let grantType = try parameters.required("grant_type")
        guard let grant = grants.first(where: { $0.grantType == grantType }) else {
            let supported = grants.map(\.grantType).joined(separator: ", ")
            throw OAuthError(.unsupportedGrantType, "The grant types are \(supported).")
        }
        let response = try await grant.respond(to: parameters, of: request, context: context)
        Counter(label: "login_tokens_issued_total", dimensions: [("grant", grantType)]).increment()
        return EditedResponse(headers: .notStored, response: response)
    }
}
