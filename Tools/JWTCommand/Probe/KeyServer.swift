import JWT
import Libcrypto
import NIOCore
import NIOPosix
import Synchronization

/// An HTTP server on the loopback address, whose one document no service may fetch.
final class KeyServer: Sendable {
    /// The URL of the document. Nobody can guess its path.
    let url: String
    private let channel: any Channel
    private let fetches: Fetches

    private final class Fetches: Sendable {
        let haveArrived = Mutex(false)
    }

    /// Responds to a request for the document, and closes the connection. A program that looks for open ports does not know the
    /// path, so its requests count as nothing.
    private final class Responder: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private static let maximumLineBytes = 1024

        private let path: String
        private let response: ByteBuffer
        private let fetches: Fetches
        private var line: [UInt8] = []

        init(_ path: String, _ response: ByteBuffer, _ fetches: Fetches) {
            (self.path, self.response, self.fetches) = (path, response, fetches)
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            line += unwrapInboundIn(data).readableBytesView
            let channel = context.channel
            if line.contains(path.utf8) {
                fetches.haveArrived.withLock { $0 = true }
                context.writeAndFlush(wrapOutboundOut(response)).whenComplete { _ in channel.close(promise: nil) }
            } else if line.contains(UInt8(ascii: "\n")) || line.count > Self.maximumLineBytes {
                channel.close(promise: nil)
            }
        }
    }

    /// Whether a service has sent a request for the document.
    var wasFetched: Bool { fetches.haveArrived.withLock { $0 } }

    /// Starts a server with this document.
    ///
    /// - Throws: `CommandError` when it cannot listen.
    init(type: String, document: String) async throws(CommandError) {
        let fetches = Fetches()
        let path = "/" + Base64URL.encode(randomBytes(16))
        let head = "HTTP/1.1 200 OK\r\nContent-Type: \(type)\r\nContent-Length: \(document.utf8.count)\r\n"
        let response = ByteBuffer(string: head + "Connection: close\r\n\r\n" + document)
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Responder(path, response, fetches))
                }
            }
        do {
            channel = try await bootstrap.bind(host: "127.0.0.1", port: 0).get()
        } catch {
            throw .probe("the probe cannot listen on 127.0.0.1 to offer keys: \(error)")
        }
        self.fetches = fetches
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
        let keys = JSONValue.object([.init("keys", .array(forge.ownKey.map { [$0.ownJWK] } ?? []))])
        keySet = try await KeyServer(type: "application/json", document: keys.text)
        certificate = try await KeyServer(
            type: "application/x-pem-file",
            document: PEM.text("CERTIFICATE", forge.certificateKey?.certificate ?? []))
    }

    /// Whether a service has fetched the URL of the check with this name.
    func wasFetched(for check: String) -> Bool {
        check == "jku" && keySet.wasFetched || check == "x5u" && certificate.wasFetched
    }
}
