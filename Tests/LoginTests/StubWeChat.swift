import Foundation
import NIOCore
import NIOPosix
import Synchronization

/// A server on loopback that stands in for WeChat's. It sends what the test says, byte for byte, and records each
/// request line.
final class StubWeChat: Sendable {
    /// The response to a request.
    enum Behavior: Sendable {
        /// This text as the body, with the status 200 and the media type `text/plain`, as WeChat sends JSON.
        case json(String)
        /// This text instead of a response.
        case raw(String)
        /// The connection closes.
        case closes
        /// Nothing follows.
        case silent
    }

    static let appID = "wx0123456789abcdef"
    static let secret = "wechat secret+/&=0123456789"
    static let sessionKey = "c2Vzc2lvbi1rZXktb2Ytd2VjaGF0"

    private struct State {
        var behavior = Behavior.silent
        var requests: [String] = []
    }

    private let state = Mutex(State())
    private let port: Int

    private init(port: Int) {
        self.port = port
    }

    /// Runs a server and calls `body`.
    static func run(_ body: @Sendable (StubWeChat) async throws -> Void) async throws {
        let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .bind(host: "127.0.0.1", port: 0) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        let server = StubWeChat(port: channel.channel.localAddress?.port ?? 0)
        try await withThrowingDiscardingTaskGroup { group in
            // The cancellation at the end of the test ends it with an error.
            group.addTask { try? await server.serve(channel) }
            defer { group.cancelAll() }
            try await body(server)
        }
    }

    /// The environment of a login that uses this server.
    var environment: [String: String] {
        ["WXAPP_ID": Self.appID, "WXAPP_SECRET": Self.secret, "WXAPP_URL": "http://127.0.0.1:\(port)"]
    }

    /// The response to the next requests.
    var behavior: Behavior {
        get { state.withLock { $0.behavior } }
        set { state.withLock { $0.behavior = newValue } }
    }

    /// The heads of all requests, in the order of their arrival.
    var requests: [String] { state.withLock { $0.requests } }

    /// Makes the server accept the next codes as those of this user.
    func accept(openID: String) {
        behavior = .json(#"{"session_key":"\#(Self.sessionKey)","openid":"\#(openID)","unionid":"u"}"#)
    }

    private func serve(_ channel: NIOAsyncChannel<NIOAsyncChannel<ByteBuffer, ByteBuffer>, Never>) async throws {
        try await channel.executeThenClose { inbound in
            try await withThrowingDiscardingTaskGroup { group in
                for try await connection in inbound {
                    group.addTask { try? await self.respond(on: connection) }
                }
            }
        }
    }

    private func respond(on connection: NIOAsyncChannel<ByteBuffer, ByteBuffer>) async throws {
        try await connection.executeThenClose { inbound, outbound in
            var head = ""
            for try await part in inbound {
                head += String(buffer: part)
                guard head.hasSuffix("\r\n\r\n") else { continue }
                let behavior = state.withLock { state in
                    state.requests.append(head)
                    return state.behavior
                }
                head = ""
                switch behavior {
                case .json(let body):
                    try await outbound.write(ByteBuffer(string: Self.response(body)))
                case .raw(let text):
                    try await outbound.write(ByteBuffer(string: text))
                    return
                case .closes: return
                case .silent: break
                }
            }
        }
    }

    private static func response(_ body: String) -> String {
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }
}
