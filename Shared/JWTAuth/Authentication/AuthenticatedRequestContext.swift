public import Hummingbird
public import ServiceRuntime

/// The context of an authenticated request: it cannot exist without the identity of the caller.
public struct AuthenticatedRequestContext: ServiceRequestContext, ChildRequestContext {
    /// Hummingbird's own storage.
    public var coreContext: CoreRequestContextStorage
    /// The IP address of the peer, as in `AppRequestContext`.
    public let peerAddress: String?
    /// The caller, as the verified token names it.
    public let identity: Identity
    /// The challenge with which a route rejects a token that the authenticator has accepted.
    public let challenge: BearerChallenge

    /// Creates the context from the context of an authenticated request; Hummingbird calls this.
    ///
    /// - Throws: `Problem` with status 401 when no `JWTAuthenticator` has authenticated the request.
    public init(context: AppRequestContext) throws {
        guard let identity = context.identity else { throw Problem.missingToken(context.challenge) }
        coreContext = context.coreContext
        peerAddress = context.peerAddress
        self.identity = identity
        challenge = context.challenge
    }
}
