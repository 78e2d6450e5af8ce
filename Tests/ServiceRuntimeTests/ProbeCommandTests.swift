import ArgumentParser
import Configuration
import HummingbirdTesting
import NIOCore
import NIOPosix
import Synchronization
import TestSupport
import Testing

@testable import ServiceRuntime

@Suite struct ProbeCommandTests {
    private func probe(_ port: Int, host: String = "127.0.0.1") async throws -> (isReady: Bool, text: String) {
        try await ProbeCommand<EchoService>.probe(ConfigReader(environment: ["PORT": "\(port)", "HOST": host]))
    }

    @Test(arguments: ["127.0.0.1", "0.0.0.0", "::", "localhost"])
    func `the probe of a ready service prints the report`(host: String) async throws {
        try await EchoService.run(.live, checks: [Readiness.Check("a") { .degraded("old list") }]) { client in
            let outcome = try await probe(#require(client.port), host: host)
            #expect(outcome.isReady)
            #expect(outcome.text == #"{"checks":{"a":"degraded: old list"},"status":"degraded"}"#)
        }
    }

    @Test(arguments: [("::1", "[::1]"), ("127.0.0.1", "127.0.0.1")])
    func `the probe names the host and the port that it asks`(host: String, authority: String) async throws {
        let received = Mutex("")
        let server = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelInitializer { channel in
                channel.pipeline.addHandler(RequestRecorder { text in received.withLock { $0 += text } })
            }
            .bind(host: host, port: 0).get()
        let port = try #require(server.localAddress?.port)
        _ = try await probe(port, host: host)
        #expect(received.withLock { $0 }.contains("\r\nHost: \(authority):\(port)\r\n"))
        try await server.close()
    }

    @Test func `the probe of an unavailable service fails and prints the report`() async throws {
        try await EchoService.run(.live, checks: [Readiness.Check("a") { .unavailable("gone") }]) { client in
            let outcome = try await probe(#require(client.port))
            #expect(!outcome.isReady)
            #expect(outcome.text == #"{"checks":{"a":"unavailable: gone"},"status":"unavailable"}"#)
        }
    }

    @Test func `the probe of a port on which nothing listens fails`() async throws {
        let server = try await TCPListener.start { _ in }
        let port = server.port
        try await server.stop()
        let outcome = try await probe(port)
        #expect(!outcome.isReady)
        #expect(outcome.text == "no response from 127.0.0.1:\(port)")
    }

    @Test(.timeLimit(.minutes(1))) func `the probe of a service that does not respond fails`() async throws {
        let server = try await TCPListener.start { _ in }
        let outcome = try await probe(server.port)
        #expect(!outcome.isReady)
        try await server.stop()
    }

    @Test func `the probe of a service whose status line is not 200 fails`() async throws {
        for response in ["HTTP/1.1 500 Error\r\n\r\nup 200 days", "", "nonsense", "HTTP/1.1 204 No Content\r\n\r\n"] {
            let server = try await TCPListener.start { channel in
                channel.writeAndFlush(ByteBuffer(string: response), promise: nil)
                channel.close(promise: nil)
            }
            let outcome = try await probe(server.port)
            #expect(!outcome.isReady, "\(response)")
            try await server.stop()
        }
    }

    @Test func `an invalid environment is an error of the probe`() async throws {
        await #expect(throws: ConfigurationError.self) { _ = try await probe(-1) }
    }

    @Test func `the command probe prints the outcome and exits with 1 if the service is not ready`() async throws {
        let result = try await #require(processExitsWith: .exitCode(1), observing: [\.standardOutputContent]) {
            await ProbeCommand<InvalidService>.main([])
        }
        #expect(String(decoding: result.standardOutputContent, as: UTF8.self).contains("no response from 127.0.0.1:1"))
    }
}

/// Records what a client sends, and closes the connection after it.
private final class RequestRecorder: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer

    private let record: @Sendable (String) -> Void

    init(_ record: @escaping @Sendable (String) -> Void) {
        self.record = record
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        record(String(buffer: unwrapInboundIn(data)))
        context.close(promise: nil)
    }
}
