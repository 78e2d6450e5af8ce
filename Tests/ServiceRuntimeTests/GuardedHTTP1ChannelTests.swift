import Hummingbird
import HummingbirdCore
import HummingbirdTesting
import Logging
import NIOCore
import NIOPosix
import Testing

@testable import ServiceRuntime

@Suite struct GuardedHTTP1ChannelTests {
    @Test func `a request is handled on an event loop, also after it has waited for something else`() async throws {
        let addRoutes = { (router: Router<PlainContext>) in
            _ = router.get("loops") { _, _ in
                let before = MultiThreadedEventLoopGroup.currentEventLoop
                await Task.detached {}.value
                let after = MultiThreadedEventLoopGroup.currentEventLoop
                return "\(before != nil && before === after)"
            }
        }
        try await EchoService.run(.live, addRoutes: addRoutes) { client in
            let body = try await client.execute(uri: "/loops", method: .get) { String(buffer: $0.body) }
            #expect(body == "true")
        }
    }

    @Test func `a connection that is accepted and never handled does not end the process`() async {
        await #expect(processExitsWith: .success) {
            try await abandonConnection(
                of: GuardedHTTP1Channel(limits: ConnectionLimits()) { _, _, _ in Response(status: .ok) })
        }
    }
}

/// Accepts a connection, never handles it, and closes it. This happens to a connection that is accepted during a shutdown.
private func abandonConnection(of connections: some ServerChildChannel) async throws {
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
