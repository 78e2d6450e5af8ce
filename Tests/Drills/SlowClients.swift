import NIOCore
import NIOPosix
import TestSupport

/// Connections of clients that are slow on purpose, each kind from another address.
struct SlowClients {
    /// How a client is slow.
    enum Kind: Int, CaseIterable {
        /// It sends many requests at once and reads no response.
        case neverReads
        /// It announces a body of a mebibyte and sends a byte of it every few seconds.
        case sendsSlowly
        /// It sends nothing.
        case idle

        var connections: Int {
            switch self {
            case .neverReads: 100
            case .sendsSlowly: 300
            case .idle: 1000
            }
        }

        /// What each client sends at once.
        func beginning(to service: ServiceName) -> String {
            let host = "Host: localhost\r\n"
            return switch self {
            case .neverReads: String(repeating: "GET /openapi.json HTTP/1.1\r\n\(host)\r\n", count: 2000)
            case .sendsSlowly: "POST \(service.path) HTTP/1.1\r\n\(host)Content-Length: 1048576\r\n\r\nx"
            case .idle: ""
            }
        }
    }

    private let cluster: Cluster
    private let service: ServiceName
    private var channels: [Kind: [any Channel]] = [:]

    private static let pause = Duration.seconds(5)

    /// Opens all connections to a service. A connection that the service refuses is not an error.
    init(of service: ServiceName, in cluster: Cluster) async throws {
        self.cluster = cluster
        self.service = service
        for kind in Kind.allCases { channels[kind] = try await connect(kind) }
    }

    /// The number of connections that were opened.
    var count: Int { channels.values.reduce(0) { $0 + $1.count } }

    private func connect(_ kind: Kind) async throws -> [any Channel] {
        let source = try SocketAddress(ipAddress: "127.0.1.\(kind.rawValue + 1)", port: 0)
        let bootstrap = ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .channelOption(.autoRead, value: kind != .neverReads).bind(to: source)
        let bytes = ByteBuffer(string: kind.beginning(to: service))
        var channels: [any Channel] = []
        for _ in 0..<kind.connections {
            guard let channel = try? await bootstrap.connect(host: "127.0.0.1", port: cluster.port(service)).get()
            else {
                continue
            }
            channel.writeAndFlush(bytes, promise: nil)
            channels.append(channel)
        }
        return channels
    }

    /// Sends the bodies until the task is cancelled, and closes all connections then.
    func run() async {
        while (try? await Task.sleep(for: Self.pause)) != nil {
            for channel in channels[.sendsSlowly, default: []] {
                channel.writeAndFlush(ByteBuffer(string: "x"), promise: nil)
            }
        }
        for channel in channels.values.joined() { channel.close(promise: nil) }
    }
}

extension ServiceName {
    /// The path of a route that takes a body.
    fileprivate var path: String {
        switch self {
        case .login: "/token"
        case .catalog: "/products"
        case .compare: "/jwt/notes"
        case .orders: "/orders"
        case .inbox: "/messages"
        default: "/entries"
        }
    }
}
