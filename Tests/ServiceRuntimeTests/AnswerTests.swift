import Database
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import ServiceRuntime
import Testing

/// The body of a problem, as clients read it.
private struct ProblemBody: Decodable {
    let type, title, detail, code, request_id: String
    let status: Int
    let errors: [Field]?
    struct Field: Decodable {
        let field, detail: String
    }
}

@Suite struct AnswerTests {
    private static let json: HTTPFields = [.contentType: "application/json"]

    private func problem(_ response: TestResponse) throws -> ProblemBody {
        #expect(response.headers[.contentType] == "application/problem+json")
        let body = try JSONDecoder().decode(ProblemBody.self, from: Data(response.body.readableBytesView))
        #expect(body.status == response.status.code)
        #expect(body.request_id == response.headers[.requestID])
        return body
    }

    @Test func `an unknown path is a problem with a request id`() async throws {
        try await application().test(.router) { client in
            let response = try await client.execute(uri: "/nothing", method: .get)
            #expect(response.status == .notFound)
            #expect(try problem(response).code == "not_found")
        }
    }

    @Test func `an unexpected error tells nothing of its cause`() async throws {
        try await application().test(.router) { client in
            let response = try await client.execute(uri: "/fail", method: .get)
            #expect(response.status == .internalServerError)
            #expect(try problem(response).code == "internal_error")
            #expect(!String(buffer: response.body).contains("Unexpected"))
        }
    }

    @Test(arguments: [
        (#"{"number":1}"#, 422, "text"),
        (#"{"text":1,"number":1}"#, 422, "text"),
        (#"{"text":null,"number":1}"#, 422, "text"),
        (#"{"text":"a","number":1.5}"#, 422, "number"),
        (#"{"text":"a","number":1e300}"#, 422, "number"),
        (#"{"text":"a","number":99999999999999999999}"#, 422, "number"),
        (#"{"text":"a","number":1,"items":[{"quantity":1},{"quantity":"x"}]}"#, 422, "items[1].quantity"),
        (#"{"text":"a","number":1,"items":{}}"#, 422, "items"),
        (#"{"text":"\u0000","number":1}"#, 422, ""),
        (#"{"text":"\\u0000","number":1,"items":[]}"#, 200, nil),
        (#"[]"#, 422, ""),
        (#""#, 400, nil),
        (#"{"text""#, 400, nil),
        (String(repeating: "[", count: 100_000), 400, nil),
    ])
    func `a body that does not fit is refused with the field's name`(
        body: String, status: Int, field: String?
    ) async throws {
        try await application().test(.router) { client in
            let response = try await client.execute(
                uri: "/echo", method: .post, headers: Self.json, body: ByteBuffer(string: body))
            #expect(response.status.code == status)
            guard response.status != .ok else { return }
            #expect(try problem(response).errors?.first?.field == field)
        }
    }

    @Test func `a body in another encoding than UTF-8 is refused`() async throws {
        try await application().test(.router) { client in
            let utf16 = Data(#"{"text":"a","number":1}"#.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] })
            for body in [utf16, Data([0x7B, 0x22, 0xFF, 0x22, 0x3A, 0x31, 0x7D])] {
                let response = try await client.execute(
                    uri: "/echo", method: .post, headers: Self.json, body: ByteBuffer(bytes: body))
                #expect(response.status == .badRequest)
            }
        }
    }

    @Test func `a form where JSON belongs is refused`() async throws {
        try await application().test(.router) { client in
            let response = try await client.execute(
                uri: "/echo", method: .post, headers: [.contentType: "application/x-www-form-urlencoded"],
                body: ByteBuffer(string: #"{"text":"a","number":1}"#))
            #expect(response.status == .unsupportedMediaType)
            #expect(try problem(response).code == "unsupported_media_type")
        }
    }

    @Test(arguments: [
        ("application/json", "application/json"), ("Application/JSON", "application/json"),
        ("application/json;charset=utf-8", "application/json"),
        ("application/json \t; charset=utf-8", "application/json"),
        ("application/json;", "application/json"), ("application/ json", nil), ("app lication/json", nil),
        ("application /json", nil), ("application/json x", nil), ("application/json, application/json", nil),
        ("application/json,", nil), ("application/", nil), ("/json", nil), ("application", nil),
        ("application/json/x", nil), (";application/json", nil), ("", nil), ("application/jsön", nil),
    ])
    func `a media type is compared without case and parameters, and with no spaces in it`(field: String, type: String?)
    {
        #expect(request([.contentType: field]).mediaType == type)
    }

    @Test func `no media type and two of them are none`() {
        #expect(request([:]).mediaType == nil)
        var headers = Self.json
        headers.append(HTTPField(name: .contentType, value: "application/json"))
        #expect(request(headers).mediaType == nil)
    }

    private func request(_ headers: HTTPFields) -> Request {
        let head = HTTPRequest(method: .post, scheme: nil, authority: nil, path: "/", headerFields: headers)
        return Request(head: head, body: RequestBody(buffer: ByteBuffer()))
    }

    @Test func `what the store cannot hold is the fault of the request, and what it gives wrongly is not`() async throws
    {
        let database = try SQLDatabase.open(.inMemory, migrations: [])
        let nul = await #expect(throws: DatabaseError.self) {
            try await database.read { try $0.query("SELECT $1", "\0") }
        }
        #expect(nul?.problem.status == .unprocessableContent)
        let wrong = await #expect(throws: DatabaseError.self) {
            try await database.read { let _: Int? = try $0.queryOne("SELECT 'a' AS a")?["a"] }
        }
        #expect(wrong?.problem.status == .internalServerError)
    }

    @Test(arguments: [(1 << 20, 400), ((1 << 20) + 1, 413)])
    func `a body over a MiB is too large`(bytes: Int, status: Int) async throws {
        try await application().test(.live) { client in
            let response = try await client.execute(
                uri: "/echo", method: .post, headers: Self.json,
                body: ByteBuffer(string: String(repeating: "x", count: bytes)))
            #expect(response.status.code == status)
        }
    }

    @Test func `a body that breaks off is the client's fault`() async throws {
        struct BrokenOff: Error {}
        let parts = AsyncThrowingStream<ByteBuffer, any Error> { continuation in
            continuation.yield(ByteBuffer(string: "{"))
            continuation.finish(throwing: BrokenOff())
        }
        let request = Request(
            head: HTTPRequest(method: .post, scheme: nil, authority: nil, path: "/echo"),
            body: RequestBody(asyncSequence: parts))
        let problem = try await #require(throws: Problem.self) { try await request.bytes(upTo: 10) }
        #expect(problem.status == .badRequest)
    }

    @Test func `HEAD is answered like GET, without a body`() async throws {
        try await application().test(.live) { client in
            let response = try await client.execute(uri: "/scope", method: .head)
            #expect(response.status == .ok)
            #expect(response.body.readableBytes == 0)
        }
    }

    @Test func `the caller's request id is kept when it is a plain word`() async throws {
        try await application().test(.router) { client in
            let kept = try await client.execute(uri: "/scope", method: .get, headers: [.requestID: "abc-1.2_3"])
            #expect(kept.headers[.requestID] == "abc-1.2_3")
            #expect(String(buffer: kept.body) == "abc-1.2_3")
            for odd in ["", "a b", "a\"b", String(repeating: "x", count: 65), "é"] {
                let replaced = try await client.execute(uri: "/scope", method: .get, headers: [.requestID: odd])
                #expect(replaced.headers[.requestID]?.count == 16)
            }
        }
    }
}

@Suite struct CrossOriginTests {
    private static let origin = "https://shop.example"
    private static let environment = ["CORS_ORIGINS": origin]

    @Test(arguments: ["/healthz", "/nothing", "/fail"])
    func `an allowed origin may read every response, errors too`(path: String) async throws {
        try await application(Self.environment).test(.router) { client in
            let response = try await client.execute(uri: path, method: .get, headers: [.origin: Self.origin])
            #expect(response.headers[.accessControlAllowOrigin] == Self.origin)
            #expect(response.headers[.accessControlExposeHeaders] == "WWW-Authenticate, Retry-After, X-Request-Id")
            #expect(response.headers[.accessControlAllowCredentials] == nil)
            #expect(response.headers[values: .vary].contains("Origin"))
        }
    }

    @Test(arguments: ["https://evil.example", "null", "https://shop.example.evil.example", "http://shop.example"])
    func `another origin may not`(origin: String) async throws {
        try await application(Self.environment).test(.router) { client in
            let response = try await client.execute(uri: "/healthz", method: .get, headers: [.origin: origin])
            #expect(response.headers[.accessControlAllowOrigin] == nil)
        }
    }

    @Test func `a preflight is answered without asking the route`() async throws {
        try await application(Self.environment).test(.router) { client in
            let response = try await client.execute(
                uri: "/echo", method: .options,
                headers: [.origin: Self.origin, .accessControlRequestMethod: "POST"])
            #expect(response.status == .noContent)
            #expect(response.headers[.accessControlAllowOrigin] == Self.origin)
            #expect(response.headers[.accessControlAllowHeaders]?.contains("Authorization") == true)
        }
    }

    @Test(arguments: [("off", nil), ("on", "true")], ["/healthz", "/nothing", "/fail"])
    func `cookies are for allowed origins where they are switched on, and never for all`(
        cookies: (switch: String, allowed: String?), path: String
    ) async throws {
        let environment = Self.environment.merging(["TOKEN_COOKIE": cookies.switch]) { $1 }
        try await application(environment).test(.router) { client in
            for (method, origin) in [
                (HTTPRequest.Method.get, Self.origin), (.options, Self.origin), (.get, "https://evil.example"),
                (.options, "https://evil.example"),
            ] {
                let response = try await client.execute(
                    uri: path, method: method,
                    headers: [.origin: origin, .accessControlRequestMethod: "POST"])
                let isAllowed = origin == Self.origin
                #expect(response.headers[.accessControlAllowOrigin] == (isAllowed ? origin : nil))
                #expect(response.headers[.accessControlAllowCredentials] == (isAllowed ? cookies.allowed : nil))
            }
        }
    }
}

@Suite struct OperationsTests {
    @Test(arguments: [
        ([Readiness.State.ready, .ready], 200, "ready"), ([.ready, .degraded("old list")], 200, "degraded"),
        ([.unavailable("gone"), .degraded("old list")], 503, "unavailable"),
    ])
    func `the worst check decides`(states: [Readiness.State], status: Int, word: String) async throws {
        let checks = states.enumerated().map { index, state in Readiness.Check("check\(index)") { state } }
        try await application(checks: checks).test(.router) { client in
            let response = try await client.execute(uri: "/readyz", method: .get)
            #expect(response.status.code == status)
            #expect(String(buffer: response.body).contains(#""status":"\#(word)""#))
        }
    }

    @Test func `metrics count the answers that are the service's fault`() async throws {
        let series = #"hb_request_errors_total{http_route="/fail",http_request_method="GET",error_type="500"} "#
        try await application().test(.router) { client in
            func count() async throws -> Double {
                let text = String(buffer: try await client.execute(uri: "/metrics", method: .get).body)
                let line = text.split(separator: "\n").first { $0.hasPrefix(series) }
                return line.flatMap { Double($0.dropFirst(series.count)) } ?? 0
            }
            let before = try await count()
            _ = try await client.execute(uri: "/fail", method: .get)
            #expect(try await count() >= before + 1)
        }
    }

    @Test func `metrics count the requests of a route`() async throws {
        try await application().test(.router) { client in
            _ = try await client.execute(uri: "/scope", method: .get)
            let text = String(buffer: try await client.execute(uri: "/metrics", method: .get).body)
            #expect(text.contains(#"hb_requests_total{http_route="/scope",http_request_method="GET""#))
            #expect(text.contains("# TYPE http_server_request_duration_seconds histogram"))
        }
    }
}
