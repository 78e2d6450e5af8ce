public import JWT
import ServiceRuntime

/// The caller of a request, as a verified token names it.
public struct Identity: Sendable {
    /// The account's id, or the name of a service or the id of a client that acts as itself (`sub`).
    public let subject: String
    /// The verified token.
    public let token: VerifiedToken

    /// Creates the identity from a token; nil when the token has no `sub`, or an identifier that cannot be stored.
    init?(_ token: VerifiedToken) {
        guard let subject = token.subject, !token.hasNULInIdentifiers else { return nil }
        self.subject = subject
        self.token = token
    }

    /// Whether a client got the token for itself, by `client_credentials`, and no account is involved (RFC 9068 §2.2).
    var isClient: Bool {
        token.clientID.map { $0.utf8.elementsEqual(subject.utf8) } ?? false
    }

    /// The account's id, for routes that serve clients without an account as well.
    ///
    /// - Throws: `Problem` with status 403 when a client acts as itself.
    public var account: String {
        get throws(Problem) {
            guard !isClient else { throw .accountRequired }
            return subject
        }
    }

    /// Whether the token allows `scope`, compared as bytes.
    public func allows(_ scope: String) -> Bool {
        token.hasScope(scope)
    }
}
