public import Hummingbird
import Logging
public import ServiceRuntime

/// The context of every request of a service, before the request is authenticated.
public struct AppRequestContext: ServiceRequestContext {
    /// Hummingbird's own storage.
    public var coreContext: CoreRequestContextStorage
    let peer: PeerAddress
    /// The caller, once the request is authenticated.
    var identity: Identity?
    /// The challenge of the service. Before the request is authenticated, it names the service only.
    var challenge: BearerChallenge

    /// The IP address of the peer, without its port; nil without a socket. Behind a proxy it is the proxy's address.
    public var peerAddress: String? { peer.text }

    /// Creates the context of one request; Hummingbird calls this.
    public init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        // The logger of an application has the name of its service as label, and a realm is the name of a service.
        challenge = BearerChallenge(realm: source.logger.label)
        peer = PeerAddress(of: source)
    }
}
