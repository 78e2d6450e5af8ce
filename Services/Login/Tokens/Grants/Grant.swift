// Grants: the grant types of the token endpoint, one a file. The folder is apart because the endpoint knows the
// protocol `Grant` only. A new grant type is one file here and one line in the list `grants` of `App+build.swift`.

import Hummingbird
import JWTAuth

/// A grant type of the token endpoint (RFC 6749 §1.3).
protocol Grant: Sendable {
    /// The value of the parameter `grant_type`.
    var grantType: String { get }

    /// Exchanges what the client has for tokens.
    ///
    /// - Throws: `OAuthError` when the request is rejected; errors of the database.
    func respond(
        to parameters: TokenParameters, of request: Request, context: AppRequestContext
    ) async throws -> TokenResponse
}
