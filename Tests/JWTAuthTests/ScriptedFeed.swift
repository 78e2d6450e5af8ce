import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import ServiceRuntime
import Testing

/// A server that acts as login's feed on a real socket. Each poll waits until the test responds to it.
final class ScriptedFeed: Sendable {
    /// A request to the feed.
    struct Poll: Sendable {
        let after: Int
        let wait: Int
        /// The path with its query.
        let path: String
        /// The bearer token of the request.
        let token: String
        fileprivate let responses: AsyncStream<Response>.Continuation

        /// Sends the response.
        func respond(_ body: String, status: HTTPResponse.Status = .ok) {
            responses.yield(Response(status: status, body: .init(byteBuffer: ByteBuffer(string: body))))
            responses.finish()
        }
    }

    private let polls: AsyncStream<Poll>
    private let newPolls: AsyncStream<Poll>.Continuation

    init() {
        (polls, newPolls) = AsyncStream.makeStream()
    }

    /// Waits for the next poll.
    func nextPoll() async throws -> Poll {
        try #require(await polls.first { _ in true })
    }

    /// Serves the feed while `body` runs, which gets the port. Polls without a response fail at the end.
    func serve(port: Int = 0, _ body: @Sendable (Int) async throws -> Void) async throws {
        let router = Router()
        router.get("revocations") { request, _ in await self.response(to: request) }
        let (ports, listening) = AsyncStream<Int>.makeStream()
        let responder = router.buildResponder()
        let application = Application(
            responder: responder, server: .guardedHTTP1(responder),
            configuration: .init(address: .hostname("127.0.0.1", port: port)),
            onServerRunning: { listening.yield($0.localAddress?.port ?? 0) })
        try await withThrowingTaskGroup { group in
            group.addTask {
                defer { listening.finish() }
                try? await application.run()
            }
            try await body(try #require(await ports.first { _ in true }))
            group.cancelAll()
        }
    }

    private func response(to request: Request) async -> Response {
        let (responses, newResponses) = AsyncStream<Response>.makeStream()
        let parameters = request.uri.queryParameters
        newPolls.yield(
            Poll(
                after: parameters["after"].flatMap { Int($0) } ?? -1,
                wait: parameters["wait"].flatMap { Int($0) } ?? -1,
                path: request.uri.string, token: String((request.headers[.authorization] ?? "").dropFirst(7)),
                responses: newResponses))
        return await responses.first { _ in true } ?? Response(status: .serviceUnavailable)
    }
}
