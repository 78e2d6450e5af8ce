public import Hummingbird
public import ServiceRuntime

/// The context of an authenticated request: it cannot exist without the identity of the caller.
public struct AuthenticatedRequestContext: ServiceRequestContext, ChildRequestContext {
    /// Hummingbird's own storage.
    public var coreContext: CoreRequestContextStorage
    private let peer: PeerAddress
    /// The caller, as the verified token names it.
    public let identity: Identity
    /// The challenge with which a route rejects a token that the authenticator has accepted.
    public let challenge: BearerChallenge

    /// The IP address of the peer, as in `AppRequestContext`.
    public var peerAddress: String? { peer.text }

    /// Creates the context from the context of an authenticated request; Hummingbird calls this.
    ///
    /// - Throws: `Problem` with status 401 when no `JWTAuthenticator` has authenticated the request.
    public init(context: AppRequestContext) throws {
        guard let identity = context.identity else { throw Problem.missingToken(context.challenge) }
        coreContext = context.coreContext
        peer = context.peer
        self.identity = identity
        challenge = context.challenge
    }
}
