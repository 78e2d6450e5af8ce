public import Hummingbird
public import ServiceRuntime

/// The context of every request of a service, before its door.
public struct AppRequestContext: ServiceRequestContext {
    /// What Hummingbird keeps with a request.
    public var coreContext: CoreRequestContextStorage
    /// The IP address of the peer, without its port; nil without a socket. Behind a proxy it is the proxy's.
    public let peerAddress: String?
    /// Who the door found the caller to be.
    var identity: Identity?

    /// Made by Hummingbird for each request.
    public init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        peerAddress = source.channel.remoteAddress?.ipAddress
    }
}

/// The context behind the door: it cannot exist without the identity of the caller.
public struct AuthenticatedRequestContext: ServiceRequestContext, ChildRequestContext {
    /// What Hummingbird keeps with a request.
    public var coreContext: CoreRequestContextStorage
    /// The IP address of the peer, as `AppRequestContext` has it.
    public let peerAddress: String?
    /// Who calls, as a verified token says.
    public let identity: Identity

    /// Made by Hummingbird behind a door.
    ///
    /// - Throws: 401 when no door stands before the route.
    public init(context: AppRequestContext) throws {
        guard let identity = context.identity else { throw Problem.missingToken(realm: "hallpass") }
        coreContext = context.coreContext
        peerAddress = context.peerAddress
        self.identity = identity
    }
}
