public import Hummingbird
import NIOCore

/// The address of the peer of a connection. Its text is only made when it is needed.
public struct PeerAddress: Sendable {
    private let address: SocketAddress?

    /// Reads the address of the peer while the connection is open. A closed one no longer has it.
    public init(of source: ApplicationRequestContextSource) {
        address = source.channel.remoteAddress
    }

    /// The IP address without its port; nil without a socket. Behind a proxy it is the proxy's address.
    public var text: String? { address?.ipAddress }
}
