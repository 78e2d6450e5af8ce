import CurlClient
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JWT
import Synchronization
import TestSupport
import Testing

@testable import JWTAuth
@testable import ServiceRuntime

@Suite struct ServiceClientTests {
    private let fixture = AuthenticatorFixture()

    /// Serves a route that returns the head and the body of a request as text, and calls `body` with a client for it.
    private func withEcho(_ body: @Sendable (ServiceClient) async throws -> Void) async throws {
        let router = Router()
        router.add(middleware: EchoMiddleware())
        try await withClient(for: router, body)
    }

    private func withClient(
        for router: Router<BasicRequestContext>, _ body: @Sendable (ServiceClient) async throws -> Void
    ) async throws {
        try await Application(router: router).test(.live) { server in
            let http = HTTPClient.betweenServices(deadline: .seconds(10))
            let client = ServiceClient(
                "echo", at: "http://127.0.0.1:\(try #require(server.port))", http: http,
                tokens: try fixture.issuer("orders"))
            try await body(client)
            await http.shutdown()
        }
    }

    private struct EchoMiddleware: RouterMiddleware {
        func handle(
            _ request: Request, context: BasicRequestContext,
            next: (Request, BasicRequestContext) async throws -> Response
        ) async throws -> Response {
            let body = try await request.body.collect(upTo: 1000)
            var response = Response(status: .accepted, headers: request.headers, body: .init(byteBuffer: body))
            response.headers[.contentLength] = nil
            response.headers[.location] = "\(request.method) \(request.uri)"
            return response
        }
    }

    @Test func `a request carries a token that is valid for it only`() async throws {
        try await withEcho { client in
            let response = try await client.send(.get, "/a?b=c", scope: "a:read", onBehalfOf: "user-1")
            #expect(response.status == .accepted)
            #expect(response.headers[.location] == "GET /a?b=c")
            #expect(response.headers[.contentType] == nil)
            let field = try #require(response.headers[.authorization])
            let verifier = Verifier(
                keys: KeySet(try Key(secret: Array(TokenMint.secret.utf8))),
                policy: TokenType.service.policy(issuers: ["orders"], audience: "echo"))
            let token = try verifier.verify(String(field.dropFirst("Bearer ".count)), at: fixture.now)
            #expect(token.subject == "user-1")
            #expect(token.actor == "orders")
            #expect(token.scopes == ["a:read"])
            #expect(token.queryHash == RequestHash.of(method: "GET", path: "/a", query: "b=c"))
        }
    }

    @Test func `a JSON body is sent with its content type`() async throws {
        try await withEcho { client in
            let response = try await client.send(.put, "/a", scope: "a:write", json: Array("{}".utf8))
            #expect(response.headers[.contentType] == "application/json")
            #expect(response.body == Array("{}".utf8))
            let field = try #require(response.headers[.authorization])
            let token = try InspectedToken(inspecting: String(field.dropFirst("Bearer ".count)))
            #expect(
                token.payload["bh"]?.string == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a")
        }
    }

    @Test func `two requests carry different tokens`() async throws {
        try await withEcho { client in
            let first = try await client.send(.get, "/a", scope: "a:read").headers[.authorization]
            let second = try await client.send(.get, "/a", scope: "a:read").headers[.authorization]
            #expect(first != nil)
            #expect(first != second)
        }
    }

    @Test func `a request to a server that is down is an error and was not sent`() async throws {
        let http = HTTPClient.betweenServices(deadline: .seconds(10))
        let client = ServiceClient("none", at: "http://127.0.0.1:1", http: http, tokens: try fixture.issuer("orders"))
        let error = try await #require(throws: HTTPClientError.self) {
            try await client.send(.get, "/", scope: "a:read")
        }
        #expect(error.code == .connectionFailed)
        #expect(!error.requestMayHaveBeenSent)
        await http.shutdown()
    }

    @Test func `a call ends with the request that it is made for, and tells the other service when`() async throws {
        try await withEcho { client in
            let field = try #require(HTTPField.Name("X-Request-Timeout"))
            let scope = RequestScope(of: Self.request([field: "2000"]))
            let response = try await RequestScope.$current.withValue(scope) {
                try await client.send(.get, "/a", scope: "a:read")
            }
            let milliseconds = try #require(response.headers[field].flatMap { Int($0) })
            #expect((1...2000).contains(milliseconds))

            let ended = RequestScope(of: Self.request([field: "1"]))
            while ended.deadline.map({ $0 > .now }) == true { await Task.yield() }
            let error = try await #require(throws: HTTPClientError.self) {
                try await RequestScope.$current.withValue(ended) { try await client.send(.get, "/a", scope: "a:read") }
            }
            #expect(error.code == .timedOut)
            #expect(!error.requestMayHaveBeenSent)
        }
    }

    @Test func `only a call that belongs to no request waits for Retry-After`() async throws {
        let calls = Mutex(0)
        let router = Router()
        router.get("a") { _, _ in
            let number = calls.withLock {
                $0 += 1
                return $0
            }
            return number % 2 == 1
                ? Response(status: .serviceUnavailable, headers: [.retryAfter: "0"]) : Response(status: .ok)
        }
        try await withClient(for: router) { client in
            let patient = try await client.send(.get, "/a", scope: "a:read")
            #expect(patient.status == .ok)
            let response = try await RequestScope.$current.withValue(RequestScope(of: Self.request([:]))) {
                try await client.send(.get, "/a", scope: "a:read")
            }
            #expect(response.status == .serviceUnavailable)
            #expect(calls.withLock { $0 } == 3)
        }
    }

    private static func request(_ headers: HTTPFields) -> Request {
        let head = HTTPRequest(method: .get, scheme: nil, authority: nil, path: "/", headerFields: headers)
        return Request(head: head, body: RequestBody(buffer: .init()))
    }
}
