import HTTPTypes
import Hummingbird
import Logging
import TestSupport
import Testing

@testable import ServiceRuntime

@Suite struct RequestScopeTests {
    private static let trace = "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01"

    private func scope(_ headers: HTTPFields) -> RequestScope {
        let head = HTTPRequest(method: .get, scheme: nil, authority: nil, path: "/", headerFields: headers)
        return RequestScope(of: Request(head: head, body: RequestBody(buffer: .init())))
    }

    @Test(arguments: ["a", "abc-1.2_3", "ABCxyz0189", String(repeating: "x", count: 64)])
    func `a valid request id of the client is kept`(id: String) {
        #expect(scope([.requestID: id]).requestID == id)
    }

    @Test(arguments: [
        nil, "", " ", "a b", "a\"b", "a/b", "a\tb", "a{b", "a~b", "é", String(repeating: "x", count: 65),
    ])
    func `any other request id is replaced by 16 hexadecimal digits`(id: String?) {
        var headers = HTTPFields()
        headers[.requestID] = id
        let new = scope(headers).requestID
        #expect(new.utf8.count == 16)
        #expect(new.utf8.filter { !$0.isLowercaseHexDigit } == [])
        #expect(scope(headers).requestID != new)
    }

    @Test func `the fields for other services carry the request id`() async throws {
        #expect(RequestScope.onwardFields == [:])
        let fields = RequestScope.$current.withValue(scope([.requestID: "abc", .traceparent: Self.trace])) {
            RequestScope.onwardFields
        }
        #expect(fields == [.requestID: "abc"])
    }

    @Test func `the response has the request id that the route sees`() async throws {
        #expect(RequestScope.current == nil)
        try await EchoService.run { client in
            let kept = try await client.send(.get, "/scope", headers: [.requestID: "abc"])
            #expect(kept.text == "abc")
            #expect(kept.headers[.requestID] == "abc")
            let new = try await client.send(.get, "/scope")
            #expect(new.text == new.headers[.requestID])
        }
    }

    @Test(arguments: ["/nothing", "/fail", "/docs", "/healthz", "/openapi.json"])
    func `every response has the request id`(path: String) async throws {
        try await EchoService.run { client in
            let response = try await client.send(.get, path, headers: [.requestID: "abc"])
            #expect(response.headers[.requestID] == "abc")
        }
    }

    @Test func `the log lines of a request have its id, also those of the current logger`() async throws {
        let log = RecordedLog()
        func addRoutes(to router: Router<PlainContext>) {
            router.get("log") { _, context in
                context.logger.info("from the context")
                await Task { Logger.current.info("from the task") }.value
                return "logged"
            }
        }
        try await EchoService.run(log: log, addRoutes: addRoutes) { client in
            _ = try await client.send(.get, "/log", headers: [.requestID: "abc"])
            _ = try await client.send(.get, "/log", headers: [.requestID: "def"])
        }
        let lines = log.lines.filter { $0.message.hasPrefix("from") }
        #expect(
            lines.map(\.message) == ["from the context", "from the task", "from the context", "from the task"])
        #expect(lines.map { $0.metadata["hb.request.id"] } == ["abc", "abc", "def", "def"])
    }
}

@Suite struct RequestLogTests {
    private static let token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl"

    private static let requests: [(String, String, Logger.Level)] = [
        ("/scope?secret=1", "GET /scope 200", .info), ("/items/1234", "GET /items/{id} 200", .info),
        ("/items/\(token)", "GET /items/{id} 200", .info), ("/nothing", "GET NotFound 404", .info),
        ("/\(token)", "GET NotFound 404", .info), ("/fail", "GET /fail 500", .info),
        ("/healthz", "GET /healthz 200", .debug), ("/readyz", "GET /readyz 200", .debug),
        ("/metrics", "GET /metrics 200", .debug),
    ]

    @Test(arguments: requests)
    func `a request has one line in the access log with the template of its route, its status and its duration`(
        path: String, message: String, level: Logger.Level
    ) async throws {
        let log = RecordedLog()
        func addRoutes(to router: Router<PlainContext>) {
            router.get("items/{id}") { _, _ in "text" }
        }
        try await EchoService.run(log: log, addRoutes: addRoutes) { _ = try await $0.send(.get, path) }
        let lines = log.lines.filter { $0.source == "access" }
        #expect(lines.map(\.message) == [message])
        #expect(lines.map(\.level) == [level])
        let milliseconds = try #require(Double(lines.first?.metadata["duration_ms"] ?? ""))
        #expect(milliseconds >= 0 && (milliseconds * 10).rounded() == milliseconds * 10)
        #expect(!log.lines.contains { $0.message.contains("secret") || $0.message.contains(Self.token) })
    }

    @Test func `the lines of a route have the name of its module as their source`() async throws {
        let log = RecordedLog()
        func addRoutes(to router: Router<PlainContext>) {
            router.get("log") { _, context in
                context.logger.info("from the route")
                return "logged"
            }
        }
        try await EchoService.run(log: log, addRoutes: addRoutes) { _ = try await $0.send(.get, "/log") }
        let lines = log.lines.filter { $0.level >= .info }
        #expect(lines.map(\.message) == ["from the route", "GET /log 200"])
        #expect(lines.map(\.source) == ["ServiceRuntimeTests", "access"])
    }

    @Test func `a method that no specification defines is logged without its text`() async throws {
        let log = RecordedLog()
        let method = try #require(HTTPRequest.Method(Self.token))
        try await EchoService.run(log: log) { _ = try await $0.send(method, "/scope") }
        #expect(log.lines.filter { $0.source == "access" }.map(\.message) == ["_OTHER NotFound 405"])
    }
}
