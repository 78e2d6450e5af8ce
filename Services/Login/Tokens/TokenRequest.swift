/// A request to the token endpoint whose client is authenticated.
struct TokenRequest: Sendable {
    let parameters: TokenParameters
    /// The registered client; nil for login's own client, which needs no registration.
    let client: Client?
    /// The program and the address that a new session stores.
    let device: ClientInfo
    /// The network that failed sign-ins are counted for, as `NetworkAddress` writes it.
    let network: String

    /// The client, for grants that only registered clients have.
    ///
    /// - Throws: `OAuthError` with `invalid_client` when the request names no client.
    var registeredClient: Client {
        get throws(OAuthError) {
            guard let client else { throw .invalidClient }
            return client
        }
    }
}
