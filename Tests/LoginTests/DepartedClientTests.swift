import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import LoginService

/// Login with hashes that take about 100 ms.
private enum SlowLogin: TestedLogin {
    static let passwordCost = PasswordHash.Cost(logN: 15, blockSize: 8, parallelism: 1)
}

/// Requests whose client hangs up while they wait.
@Suite struct DepartedClientTests {
    /// Sends a request over a connection and closes it at once.
    private func sendAndHangUp(_ request: String, to port: Int) async throws {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port).get()
        try await channel.writeAndFlush(ByteBuffer(string: request))
        try await channel.close()
    }

    @Test func `nothing is hashed for sign-ups whose clients have gone`() async throws {
        try await ServiceUnderTest<SlowLogin>.run(.live) { login in
            let port = try #require(login.client.port)
            for index in 0..<30 {
                let body = #"{"username":"user\#(index)","password":"\#(goodPassword)"}"#
                try await sendAndHangUp(
                    "POST /signup HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                        + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)", to: port)
            }
            #expect(try await login.signUp("last").status == 201)
            // At most one hash ran when each of the others left.
            #expect(try await login.rows("SELECT id FROM accounts").count < 10)
        }
    }

    @Test func `a reader of the feed that hangs up does not wait any longer`() async throws {
        try await LoginUnderTest.run(.live) { login in
            let port = try #require(login.client.port)
            let path = "/revocations?after=1&wait=30"
            let token = try login.serviceToken("revocations:read", .get, path)
            let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .channelOption(.allowRemoteHalfClosure, value: true)
                .connect(host: "127.0.0.1", port: port).get()
            try await channel.writeAndFlush(
                ByteBuffer(string: "GET \(path) HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(token)\r\n\r\n"))
            try await channel.close(mode: .output)
            // The service closes its side when it has ended the wait.
            let isClosed: Void? = try await result(beforeSleepOf: .seconds(20)) { try await channel.closeFuture.get() }
            #expect(isClosed != nil)
        }
    }
}
