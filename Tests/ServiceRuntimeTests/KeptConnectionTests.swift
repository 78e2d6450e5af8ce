import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import Testing

@testable import ServiceRuntime

@Suite struct KeptConnectionTests {
    @Test func `a connection that a shutdown leaves to nobody does no harm`() async {
        await #expect(processExitsWith: .success) {
            try await leaveToNobody { RetainedConnections($0) }
        }
    }

    /// Why connections are kept. When this fails, SwiftNIO bears it by itself and they need not be kept any more.
    @Test func `a connection that is not kept ends the process when it is left to nobody`() async {
        await #expect(processExitsWith: .failure) {
            try await leaveToNobody { $0 }
        }
    }
}

/// Accepts a connection, gives up what would handle it, and closes it: what happens to a connection that comes in the moment
/// in which a server stops to take new ones.
private func leaveToNobody<Connections: ServerChildChannel>(
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
