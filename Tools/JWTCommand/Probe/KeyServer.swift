import JWT
import NIOCore
import NIOPosix
import Synchronization

/// An HTTP server on the loopback address, whose one document no service may fetch.
final class KeyServer: Sendable {
    /// The URL of the document.
    let url: String
    private let channel: any Channel
    private let contact: Contact

    private final class Contact: Sendable {
        let hasArrived = Mutex(false)
    }

    /// Sends the response when the first part of a request arrives, and closes the connection.
    private final class Responder: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let response: ByteBuffer

        init(_ response: ByteBuffer) { self.response = response }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let channel = context.channel
            context.writeAndFlush(wrapOutboundOut(response)).whenComplete { _ in channel.close(promise: nil) }
        }
    }

    /// Whether a service has connected to the server.
    var wasContacted: Bool { contact.hasArrived.withLock { $0 } }

    /// Starts a server that responds to each request with this document.
    ///
    /// - Throws: `CommandError` when it cannot listen.
    init(path: String, type: String, document: String) async throws(CommandError) {
        let contact = Contact()
        let head = "HTTP/1.1 200 OK\r\nContent-Type: \(type)\r\nContent-Length: \(document.utf8.count)\r\n"
        let response = ByteBuffer(string: head + "Connection: close\r\n\r\n" + document)
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                contact.hasArrived.withLock { $0 = true }
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Responder(response))
                }
            }
        do {
            channel = try await bootstrap.bind(host: "127.0.0.1", port: 0).get()
        } catch {
            throw .probe("cannot listen on 127.0.0.1 to offer keys: \(error)")
        }
        self.contact = contact
        url = "http://127.0.0.1:\(channel.localAddress?.port ?? 0)\(path)"
    }

    deinit { channel.close(promise: nil) }
}

/// The servers with the own keys of a probe.
struct KeyServers {
    /// Serves a key set (RFC 7515 §4.1.2).
    let keySet: KeyServer
    /// Serves a certificate (RFC 7515 §4.1.5).
    let certificate: KeyServer

    init(_ forge: Forge) async throws(CommandError) {
        let keys = JSONValue.object([.init("keys", .array(forge.ownKey.map { [$0.jwk] } ?? []))])
        keySet = try await KeyServer(path: "/keys", type: "application/json", document: keys.text)
        certificate = try await KeyServer(
            path: "/x5u", type: "application/x-pem-file",
            document: OwnKey.pem("CERTIFICATE", forge.certificateKey?.certificate ?? []))
    }

    /// Whether a service has fetched the URL of the check with this name.
    func wasContacted(for check: String) -> Bool {
        check == "jku" && keySet.wasContacted || check == "x5u" && certificate.wasContacted
    }
}
