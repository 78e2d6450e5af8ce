import Foundation
import HTTPTypes
import Hummingbird
import JWT
import JWTAuth
import NIOCore
import ServiceRuntime
import TestSupport

/// Plays login's feed on a real socket: every question waits until the test answers it.
final class ScriptedFeed: Sendable {
    /// A request to the feed, and the way to answer it.
    struct Question: Sendable {
        let after: Int
        let wait: Int
        /// The path with its query.
        let path: String
        /// The token that came with it.
        let token: String
        fileprivate let reply: AsyncStream<Reply>.Continuation

        func response(_ body: String, status: HTTPResponse.Status = .ok) {
            reply.yield(Reply(status: status, body: body))
            reply.finish()
        }
    }

    fileprivate struct Reply: Sendable {
        let status: HTTPResponse.Status
        let body: String
    }

    private let questions: AsyncStream<Question>
    private let ask: AsyncStream<Question>.Continuation

    init() {
        (questions, ask) = AsyncStream.makeStream()
    }

    /// The next question.
    func next() async throws -> Question {
        struct NoQuestion: Error {}
        guard let question = await questions.first(where: { _ in true }) else { throw NoQuestion() }
        return question
    }

    /// Serves the feed while `body` runs, which gets its port. At the end every question that is open is dropped.
    func serve(port: Int = 0, _ body: @Sendable (Int) async throws -> Void) async throws {
        let router = Router()
        router.get("revocations") { request, _ in try await self.reply(to: request) }
        let (ports, listening) = AsyncStream<Int>.makeStream()
        let application = Application(
            router: router, server: .retainedHTTP1(), configuration: .init(address: .hostname("127.0.0.1", port: port)),
            onServerRunning: { listening.yield($0.localAddress?.port ?? 0) })
        try await withThrowingTaskGroup { group in
            group.addTask {
                defer { listening.finish() }
                try? await application.run()
            }
            struct NotServed: Error {}
            guard let port = await ports.first(where: { _ in true }) else { throw NotServed() }
            try await body(port)
            group.cancelAll()
        }
    }

    private func reply(to request: Request) async throws -> Response {
        let (replies, reply) = AsyncStream<Reply>.makeStream()
        let parameters = request.uri.queryParameters
        ask.yield(
            Question(
                after: parameters["after"].flatMap { Int($0) } ?? -1,
                wait: parameters["wait"].flatMap { Int($0) } ?? -1,
                path: request.uri.string, token: String((request.headers[.authorization] ?? "").dropFirst(7)),
                reply: reply))
        for await reply in replies {
            return Response(status: reply.status, body: .init(byteBuffer: ByteBuffer(string: reply.body)))
        }
        return Response(status: .serviceUnavailable)
    }
}

/// What goes into an answer of the feed, to change at will.
struct FeedAnswer {
    var issuer: String? = TokenMint.issuer
    var type = TokenType.revocationPage.typ
    var secret = TokenMint.secret
    var life: Int64 = 60
    var seq: JSONValue
    var reset: JSONValue = false
    var epoch: String? = "first"
    var after: Int64?
    var entries: JSONValue = []

    func signed(at clock: TestClock) throws -> String {
        let now = NumericDate(seconds: Int64(clock.now.timeIntervalSince1970))
        let epoch = epoch.map { [JSONValue.Member("epoch", .string($0))] } ?? []
        let after = after.map { [JSONValue.Member("after", .integer($0))] } ?? []
        return try Signer(key: Key(secret: Array(secret.utf8)), type: type).sign(
            Claims(
                issuer: issuer, expiresAt: now + life, issuedAt: now,
                others: epoch + after
                    + [.init("seq", seq), .init("reset", reset), .init("entries", entries)]))
    }
}
