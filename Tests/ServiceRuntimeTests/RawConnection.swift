import Foundation
import NIOCore
import NIOPosix

/// A connection on which a test sends bytes as it wants them, and sees what comes back byte for byte.
struct RawConnection: ~Copyable {
    private var incoming: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    private let outgoing: NIOAsyncChannelOutboundWriter<ByteBuffer>
    /// All that came so far.
    private(set) var received = ""
    /// Whether the server has closed its side.
    private(set) var isClosed = false
    /// Whether the server has reset the connection.
    private(set) var isReset = false

    /// Opens a connection to a port of this machine for `body`, and closes it afterwards.
    static func open<Result>(
        port: Int, _ body: (inout RawConnection) async throws -> Result
    ) async throws -> Result {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                        wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            var connection = RawConnection(incoming: inbound.makeAsyncIterator(), outgoing: outbound)
            return try await body(&connection)
        }
    }

    private init(
        incoming: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator,
        outgoing: NIOAsyncChannelOutboundWriter<ByteBuffer>
    ) {
        self.incoming = incoming
        self.outgoing = outgoing
    }

    func send(_ text: String) async throws {
        try await outgoing.write(ByteBuffer(string: text))
    }

    /// Closes the sending side.
    func finish() {
        outgoing.finish()
    }

    /// Reads until `condition` holds for all that came, or the server has closed.
    @discardableResult
    mutating func read(until condition: (String) -> Bool) async throws -> String {
        while !isClosed, !condition(received) {
            do {
                guard let part = try await incoming.next() else {
                    isClosed = true
                    break
                }
                received += String(buffer: part)
            } catch {
                // A reset is an end as well.
                isClosed = true
                isReset = true
            }
        }
        return received
    }

    /// Reads `count` status lines and what follows the last of them up to the next wait.
    @discardableResult
    mutating func readResponses(_ count: Int) async throws -> String {
        try await read { $0.components(separatedBy: "HTTP/1.1 ").count > count && $0.hasCompleteBodies }
    }

    /// Reads until the server has closed its side.
    @discardableResult
    mutating func readToEnd() async throws -> String {
        try await read { _ in false }
    }

    /// The status codes of all responses that came, in their order.
    var statuses: [String] {
        received.components(separatedBy: "HTTP/1.1 ").dropFirst().map { String($0.prefix(3)) }
    }
}

extension Channel {
    /// Closes the connection with a reset.
    func reset() async throws {
        try await (self as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
        try await close()
    }
}

extension String {
    /// Whether each response has as many bytes as its `Content-Length` says.
    fileprivate var hasCompleteBodies: Bool {
        components(separatedBy: "HTTP/1.1 ").dropFirst().allSatisfy { response in
            guard let end = response.range(of: "\r\n\r\n") else { return false }
            let length = response[..<end.lowerBound].split(separator: "\r\n")
                .first { $0.lowercased().hasPrefix("content-length:") }
                .flatMap { Int($0.split(separator: ":")[1].filter { $0 != " " }) }
            return response[end.upperBound...].utf8.count >= length ?? 0
        }
    }
}
