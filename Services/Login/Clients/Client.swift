// Clients: the registered clients (RFC 6749 §2), their authentication and their tokens. This is a separate folder because
// a client exists without an account. The token endpoint asks it which client sends a request; it calls the session
// store to end the sessions of a client that is removed.

/// A registered client: a program of somebody else that may ask for tokens.
struct Client: Sendable, Equatable {
    /// A grant type that a client may be registered with. The password grant is not among them (RFC 9700 §2.4).
    enum GrantType: String, Sendable, CaseIterable {
        case authorizationCode = "authorization_code"
        case refreshToken = "refresh_token"
        case clientCredentials = "client_credentials"
    }

    /// The maximum size of an id, in bytes.
    static let maximumIDBytes = 40

    /// Unreserved characters (RFC 3986 §2.3), at most `maximumIDBytes`.
    let id: String
    let name: ClientName
    /// The SHA-256 of the secret; nil for a public client, which has none (RFC 6749 §2.1).
    let secretHash: [UInt8]?
    let grantTypes: [GrantType]
    /// The most that its tokens may ever allow.
    let scope: Scope
    /// The services that may ever accept its tokens.
    let audience: [String]
    let redirectURIs: [RedirectURI]

    var isPublic: Bool { secretHash == nil }

    /// Whether the client may use a grant type of the token endpoint.
    func allows(grantType: String) -> Bool {
        grantTypes.contains { $0.rawValue == grantType }
    }

    /// The registered redirect URI that `requested` matches, as it was requested; nil when none matches.
    func redirectURI(_ requested: String) -> RedirectURI? {
        guard let uri = RedirectURI(requested), redirectURIs.contains(where: { $0.matches(uri) }) else { return nil }
        return uri
    }
}
