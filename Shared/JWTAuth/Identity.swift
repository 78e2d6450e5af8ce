public import Foundation
public import JWT

/// Who calls, as a verified token says.
public struct Identity: Sendable {
    /// The account's id, or the name of a service that acts as itself (`sub`).
    public let subject: String
    /// The token that was verified.
    public let token: VerifiedToken

    /// - Precondition: The policy of the door demanded `sub`.
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

/// The kind of token that a route wants; any other kind is refused there.
public enum RequiredToken: Sendable {
    /// An access token that login issued to a user.
    case user
    /// A token that one of the named services signed for this one request.
    case service(from: [String])
    /// A link that this service signed for this one request, in the query parameter `token`; good once.
    ///
    /// `spend` notes the id of a link until it has expired, and says whether it was not noted before.
    case link(spend: @Sendable (_ id: String, _ expiresAt: Date) async throws -> Bool)
}
