import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import Testing

@testable import ServiceRuntime

@Suite struct RetainedConnectionTests {
    @Test func `a retained connection that is never handled does not end the process`() async {
        await #expect(processExitsWith: .success) {
            try await abandonConnection { RetainedConnections($0) }
        }
    }

    /// The reason for `RetainedConnections`. When this test fails, SwiftNIO tolerates such connections, and the type can go.
    @Test func `a connection that is neither retained nor handled ends the process`() async {
        await #expect(processExitsWith: .failure) {
            try await abandonConnection { $0 }
        }
    }
}

/// Accepts a connection, never handles it, and closes it. This happens to a connection that is accepted during a shutdown.
private func abandonConnection<Connections: ServerChildChannel>(
    _ connections: @Sendable (HTTP1Channel) -> Connections
) async throws {
    let connections = connections(HTTP1Channel(responder: { _, _, _ in }))
    let group = MultiThreadedEventLoopGroup.singleton
    let server = try await ServerBootstrap(group: group).bind(host: "127.0.0.1", port: 0) { channel in
        connections.setup(channel: channel, logger: Logger(label: "test"))
    }
    let address = try #require(server.channel.localAddress)
    let client = try await ClientBootstrap(group: group).connect(to: address).get()
    try await server.executeThenClose { accepted in
        for try await _ in accepted { break }
    }
    try await client.close()
}
