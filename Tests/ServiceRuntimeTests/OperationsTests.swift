import Database
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import ServiceRuntime

@Suite struct OperationsTests {
    @Test(arguments: [
        ([], 200, #"{"checks":{},"status":"ready"}"#),
        ([Readiness.State.ready, .ready], 200, #"{"checks":{"a":"ready","b":"ready"},"status":"ready"}"#),
        (
            [.ready, .degraded("old list")], 200,
            #"{"checks":{"a":"ready","b":"degraded: old list"},"status":"degraded"}"#
        ),
        (
            [.degraded("old list"), .ready], 200,
            #"{"checks":{"a":"degraded: old list","b":"ready"},"status":"degraded"}"#
        ),
        (
            [.unavailable("gone"), .degraded("old list")], 503,
            #"{"checks":{"a":"unavailable: gone","b":"degraded: old list"},"status":"unavailable"}"#
        ),
        (
            [.degraded("old list"), .unavailable("gone")], 503,
            #"{"checks":{"a":"degraded: old list","b":"unavailable: gone"},"status":"unavailable"}"#
        ),
    ])
    func `the worst check decides whether the service is ready`(
        states: [Readiness.State], status: Int, body: String
    ) async throws {
        let checks = zip(["a", "b"], states).map { name, state in Readiness.Check(name) { state } }
        try await EchoService.run(checks: checks) { client in
            let response = try await client.send(.get, "/readyz")
            #expect(response.status == status)
            #expect(response.text == body)
        }
    }

    @Test func `the metrics have the state of each check at the last request to readyz`() async throws {
        let states: [(String, Readiness.State)] = [
            ("gauge-ready", .ready), ("gauge-degraded", .degraded("old list")),
            ("gauge-unavailable", .unavailable("gone")),
        ]
        let checks = states.map { name, state in Readiness.Check(name) { state } }
        try await EchoService.run(checks: checks) { client in
            _ = try await client.send(.get, "/readyz")
            let text = try await client.send(.get, "/metrics").text
            for (value, (name, _)) in states.enumerated() {
                #expect(text.contains("readiness_state{check=\"\(name)\"} \(value).0\n"))
            }
        }
    }

    @Test func `a database is ready until it is closed`() async throws {
        // GRDB (7.10.0) crashes where a closed database in memory is read; services keep theirs in files.
        let folder = try TemporaryFolder()
        let database = try SQLDatabase.open(DatabaseURL("sqlite:\(folder.path)/test.sqlite"), migrations: [])
        let check = Readiness.Check.database(database)
        #expect(check.name == "database")
        #expect(await check.state() == .ready)
        try database.close()
        #expect(await check.state() == .unavailable("unavailable"))
    }

    @Test func `a database whose check is cancelled is unavailable`() async throws {
        let database = try SQLDatabase.open(.inMemory, migrations: [])
        let check = Readiness.Check.database(database)
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            return await check.state()
        }
        task.cancel()
        #expect(await task.value == .unavailable("no response"))
    }

    @Test func `the service is alive even if a check fails`() async throws {
        try await EchoService.run(checks: [Readiness.Check("a") { .unavailable("gone") }]) { client in
            let response = try await client.send(.get, "/healthz")
            #expect(response.status == 200)
            #expect(response.text == #"{"status":"alive"}"#)
        }
    }

    @Test func `the metrics are text in Prometheus' format and count the requests of each route`() async throws {
        try await EchoService.run { client in
            _ = try await client.send(.get, "/scope")
            let response = try await client.send(.get, "/metrics")
            #expect(response.headers[.contentType] == "text/plain; version=0.0.4; charset=utf-8")
            #expect(response.text.contains(#"hb_requests_total{http_route="/scope",http_request_method="GET""#))
            #expect(response.text.contains("# TYPE http_server_request_duration_seconds histogram"))
        }
    }

    @Test func `requests with HEAD are counted, and no request stays active`() async throws {
        try await EchoService.run(.live, addRoutes: { $0.get("counted-head") { _, _ in "text" } }) { client in
            for _ in 0..<5 { _ = try await client.send(.head, "/counted-head") }
            let text = try await client.send(.get, "/metrics").text
            let labels = #"http_route="/counted-head",http_request_method="HEAD",http_response_status_code="200""#
            #expect(text.contains("hb_requests_total{\(labels)} 5.0\n"))
            #expect(text.contains("http_server_request_duration_seconds_count{\(labels)} 5\n"))
            // Other suites may have requests at any moment, so the gauge is read until it shows none.
            #expect(
                try await eventually {
                    let text = try await client.send(.get, "/metrics").text
                    return text.contains(#"http_server_active_requests{http_request_method="HEAD"} 0.0"#)
                })
        }
    }

    @Test func `a client that resets its connections leaves no active requests`() async throws {
        func addRoutes(to router: Router<PlainContext>) {
            router.patch("large") { _, _ in String(repeating: "x", count: 1 << 22) }
        }
        try await EchoService.run(.live, addRoutes: addRoutes) { client in
            let port = try #require(client.port)
            for _ in 0..<20 {
                try await RawConnection.open(port: port) { connection in
                    try await connection.send("PATCH /large HTTP/1.1\r\nHost: a\r\n\r\n")
                    try await connection.read { $0.contains("HTTP/1.1 200") }
                }
            }
            #expect(
                try await eventually {
                    let text = try await client.send(.get, "/metrics").text
                    return text.contains(#"http_server_active_requests{http_request_method="PATCH"} 0.0"#)
                })
        }
    }

    @Test func `a client that resets its connection while the handler runs leaves no active request`() async throws {
        let (begun, begin) = AsyncStream.makeStream(of: Void.self)
        let (held, release) = AsyncStream.makeStream(of: Void.self)
        let addRoutes = { (router: Router<PlainContext>) in
            _ = router.put("held") { _, _ in
                begin.yield()
                for await _ in held {}
                return "held"
            }
        }
        try await EchoService.run(.live, addRoutes: addRoutes) { client in
            func hasActiveRequest() async throws -> Bool {
                let text = try await client.send(.get, "/metrics").text
                return !text.contains(#"http_server_active_requests{http_request_method="PUT"} 0.0"#)
            }
            let port = try #require(client.port)
            let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .connect(host: "127.0.0.1", port: port).get()
            try await channel.writeAndFlush(ByteBuffer(string: "PUT /held HTTP/1.1\r\nHost: a\r\n\r\n"))
            for await _ in begun { break }
            let isActive = try await hasActiveRequest()
            #expect(isActive)
            try await channel.reset()
            release.finish()
            let isZero = try await eventually { try await !hasActiveRequest() }
            #expect(isZero)
        }
    }

    @Test func `a request with HEAD whose handler fails leaves no active request`() async throws {
        try await EchoService.run(.live) { client in
            for _ in 0..<5 { _ = try await client.send(.head, "/fail") }
            let isZero = try await eventually {
                let text = try await client.send(.get, "/metrics").text
                return text.contains(#"http_server_active_requests{http_request_method="HEAD"} 0.0"#)
            }
            #expect(isZero)
        }
    }

    @Test(
        .timeLimit(.minutes(1)),
        arguments: [
            ("read-cancelled", CancellationError(), 503, "0.0"),
            ("read-failed", EchoService.UnexpectedError(), 500, "2.0"),
        ] as [(String, any Error, Int, String)])
    func `a read that is cancelled is no error of the service, unless it fails for another reason`(
        path: String, error: any Error, status: Int, errorCount: String
    ) async throws {
        let (begun, begin) = AsyncStream.makeStream(of: Void.self)
        func addRoutes(to router: Router<PlainContext>) {
            router.get(RouterPath(path)) { _, _ -> String in
                begin.yield()
                // Ends when the task is cancelled.
                for await _ in AsyncStream<Void>.makeStream().stream {}
                throw error
            }
        }
        try await EchoService.run(.live, addRoutes: addRoutes) { client in
            func count(_ metric: String, _ label: String) async throws -> String? {
                let text = try await client.send(.get, "/metrics").text
                let name = #"\#(metric){http_route="/\#(path)",http_request_method="GET",\#(label)="\#(status)"} "#
                return text.split(separator: "\n").first { $0.hasPrefix(name) }.map { String($0.dropFirst(name.count)) }
            }
            var requests = begun.makeAsyncIterator()
            // The time of the caller passes.
            let response = try await client.send(.get, "/\(path)", headers: [.requestTimeout: "1"])
            #expect(response.status == status)
            await requests.next()
            let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .connect(host: "127.0.0.1", port: try #require(client.port)).get()
            try await channel.writeAndFlush(ByteBuffer(string: "GET /\(path) HTTP/1.1\r\nHost: a\r\n\r\n"))
            await requests.next()
            try await channel.reset()
            let isCounted = try await eventually {
                let responses = try await count("hb_requests_total", "http_response_status_code")
                let errors = try await count("hb_request_errors_total", "error_type")
                return responses == "2.0" && errors == errorCount
            }
            #expect(isCounted)
        }
    }

    @Test func `unknown paths and unknown methods add no labels`() async throws {
        try await EchoService.run(.live) { client in
            for method in ["PROPFIND", "MKCOL", "PURGE"] {
                _ = try await client.send(#require(HTTPRequest.Method(method)), "/nothing/\(method)")
            }
            let text = try await client.send(.get, "/metrics").text
            #expect(text.contains(#"http_route="NotFound",http_request_method="_OTHER""#))
            for method in ["PROPFIND", "MKCOL", "PURGE"] { #expect(!text.contains(method)) }
        }
    }

    @Test(arguments: [("/fail", "500"), ("/unavailable", "503"), ("/returned", "507")])
    func `the metrics count thrown and returned responses with 5xx`(path: String, status: String) async throws {
        func addRoutes(to router: Router<PlainContext>) {
            router.get("unavailable") { _, _ -> String in throw Problem.unavailable("Not now.") }
            router.get("returned") { _, _ in Response(status: .init(code: 507)) }
        }
        let labels = #"{http_route="\#(path)",http_request_method="GET",error_type="\#(status)"}"#
        try await EchoService.run(addRoutes: addRoutes) { client in
            func count() async throws -> Double {
                let text = try await client.send(.get, "/metrics").text
                let prefix = "hb_request_errors_total\(labels) "
                let line = text.split(separator: "\n").first { $0.hasPrefix(prefix) }
                return line.flatMap { Double($0.dropFirst(prefix.count)) } ?? 0
            }
            let before = try await count()
            _ = try await client.send(.get, path)
            // Other suites may fail requests of the same route at the same time.
            #expect(try await count() >= before + 1)
        }
    }
}
