import Foundation
import ServiceRuntime

/// Issues an access token to a client for itself, without an account (RFC 6749 §4.4).
///
/// There is no session and no refresh token: the client can ask again at any time.
struct ClientCredentialsGrant: Grant {
    let grantType = Client.GrantType.clientCredentials.rawValue
    let clients: ClientStore
    let tokens: AccessTokenIssuer
    let clock: WallClock

    func respond(to request: TokenRequest) async throws -> TokenResponse {
        let client = try request.registeredClient
        guard !client.isPublic else {
            throw OAuthError(.unauthorizedClient, "A client without a secret cannot get a token for itself.")
        }
        let scope = try client.scope.narrowed(to: try request.parameters.optional("scope"))
        guard !scope.names.isEmpty else { throw OAuthError(.invalidScope, "The client is registered with no scope.") }
        let audience = try tokens.services.audience(request.parameters, within: client.audience)
        let now = clock.now()
        let isRecorded = try await clients.recordToken(
            of: client.id, until: now + TimeInterval(tokens.lifetimeSeconds), at: now)
        guard isRecorded else { throw OAuthError.invalidClient }
        return TokenResponse(try tokens.issue(for: client, scope: scope, audience: audience, at: now), scope: scope)
    }
}
