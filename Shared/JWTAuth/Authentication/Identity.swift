public import JWT

/// The caller of a request, as a verified token names it.
public struct Identity: Sendable {
    /// The account's id, or the name of a service that acts as itself (`sub`).
    public let subject: String
    /// The verified token.
    public let token: VerifiedToken

    /// Creates the identity from a token; nil when the token has no `sub`.
    init?(_ token: VerifiedToken) {
        guard let subject = token.subject else { return nil }
        self.subject = subject
        self.token = token
    }

    /// Whether the token allows `scope`, compared as bytes.
    public func allows(_ scope: String) -> Bool {
        token.hasScope(scope)
    }
}
