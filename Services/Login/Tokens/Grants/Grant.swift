// Grants: the grant types of the token endpoint, each in one file. This is a separate folder because the endpoint
// depends only on the protocol `Grant`. To add a grant type, add a file here and a line to the list `grants` in
// `App+build.swift`.

/// A grant type of the token endpoint (RFC 6749 §1.3).
protocol Grant: Sendable {
    /// The value of the parameter `grant_type`.
    var grantType: String { get }

    /// Issues tokens. A client that is not registered for the grant type does not get here.
    ///
    /// - Throws: `OAuthError` when the request is rejected; errors of the database.
    func respond(to request: TokenRequest) async throws -> TokenResponse
}
