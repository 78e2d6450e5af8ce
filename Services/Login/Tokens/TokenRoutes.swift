// Tokens: the token endpoint of OAuth 2 with its grants, the issue of access tokens, revocation and introspection. This
// is a separate folder because its names and errors are those of the OAuth RFCs. It calls the password authenticator
// and the session store.

import Hummingbird
import JWTAuth
import Metrics
import ServiceRuntime

/// `POST /token`, the token endpoint (RFC 6749 §3.2).
struct TokenRoutes: Sendable {
    let grants: [any Grant]
    let clients: ClientAuthenticator

    func add(to router: Router<AppRequestContext>) {
        router.post("token", use: token)
    }

    private func token(
        _ request: Request, _ context: AppRequestContext
    ) async throws -> EditedResponse<TokenResponse> {
        let parameters = try await TokenParameters(of: request)
        let client = try await clients.client(of: request, parameters, from: context)
        let grantType = try parameters.required("grant_type")
        guard let grant = grants.first(where: { $0.grantType == grantType }) else {
            let supported = grants.map(\.grantType).joined(separator: ", ")
            throw OAuthError(.unsupportedGrantType, "The grant types are \(supported).")
        }
        guard client?.allows(grantType: grantType) != false else {
            throw OAuthError(.unauthorizedClient, "The client is not registered for this grant type.")
        }
        let response = try await grant.respond(
            to: TokenRequest(
                parameters: parameters, client: client,
                device: ClientInfo(userAgent: request.headers[.userAgent], address: context.peerAddress),
                network: NetworkAddress.network(of: context.peerAddress)))
        Counter(label: "login_tokens_issued_total", dimensions: [("grant", grantType)]).increment()
        return EditedResponse(headers: .notStored, response: response)
    }
}
