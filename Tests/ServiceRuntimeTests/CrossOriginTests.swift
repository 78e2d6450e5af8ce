import HTTPTypes
import HummingbirdTesting
import TestSupport
import Testing

@testable import ServiceRuntime

@Suite struct CrossOriginTests {
    private static let origin = "https://shop.example"
    private static let environment = ["CORS_ORIGINS": origin]

    @Test(arguments: ["/healthz", "/nothing", "/fail", "/scope", "/docs"])
    func `pages of an allowed origin may read every response, also error responses`(path: String) async throws {
        try await EchoService.run(.router, Self.environment) { client in
            let response = try await client.send(.get, path, headers: [.origin: Self.origin])
            #expect(response.headers[.accessControlAllowOrigin] == Self.origin)
            #expect(response.headers[.accessControlExposeHeaders] == "WWW-Authenticate, Retry-After, X-Request-Id")
            #expect(response.headers[.accessControlAllowCredentials] == nil)
            #expect(response.headers[values: .vary] == ["Origin"])
        }
    }

    @Test(arguments: [
        "https://evil.example", "null", "https://shop.example.evil.example", "http://shop.example",
        "https://shop.example:443", "HTTPS://SHOP.EXAMPLE", "https://shop.example/", "",
    ])
    func `pages of another origin may not read a response`(origin: String) async throws {
        try await EchoService.run(.router, Self.environment) { client in
            for method in [HTTPRequest.Method.get, .options] {
                let response = try await client.send(
                    method, "/scope", headers: [.origin: origin, .accessControlRequestMethod: "POST"])
                #expect(response.headers[.accessControlAllowOrigin] == nil)
                #expect(response.headers[.accessControlAllowMethods] == nil)
                #expect(response.headers[values: .vary] == ["Origin"])
            }
        }
    }

    @Test func `a response without an origin varies by origin, too`() async throws {
        try await EchoService.run(.router, Self.environment) { client in
            let response = try await client.send(.get, "/scope")
            #expect(response.headers[values: .vary] == ["Origin"])
            #expect(response.headers[.accessControlAllowOrigin] == nil)
        }
    }

    @Test func `a service without allowed origins sends no CORS fields`() async throws {
        try await EchoService.run(.router, ["CORS_ORIGINS": "off"]) { client in
            let response = try await client.send(.get, "/scope", headers: [.origin: Self.origin])
            #expect(response.status == 200)
            #expect(response.headers[.accessControlAllowOrigin] == nil)
            #expect(response.headers[.vary] == nil)
        }
    }

    @Test(arguments: ["/scope", "/nothing", "/fail"])
    func `the response to a preflight request does not come from the route`(path: String) async throws {
        try await EchoService.run(.router, Self.environment) { client in
            let response = try await client.send(
                .options, path, headers: [.origin: Self.origin, .accessControlRequestMethod: "POST"])
            #expect(response.status == 204)
            #expect(response.text == "")
            #expect(response.headers[.accessControlAllowOrigin] == Self.origin)
            #expect(response.headers[.accessControlAllowMethods] == "GET, HEAD, POST, PUT, PATCH, DELETE")
            #expect(
                response.headers[.accessControlAllowHeaders]
                    == "Authorization, Content-Type, Idempotency-Key, X-Request-Id, traceparent")
            #expect(response.headers[.accessControlMaxAge] == "600")
            #expect(response.headers[values: .vary] == ["Origin"])
            #expect(response.headers[.allow] == nil)
        }
    }

    @Test func `an OPTIONS request without a requested method is not a preflight request`() async throws {
        try await EchoService.run(.router, Self.environment) { client in
            let response = try await client.send(.options, "/scope", headers: [.origin: Self.origin])
            #expect(response.status == 204)
            #expect(response.headers[.allow] == "GET, HEAD, OPTIONS, POST")
            #expect(response.headers[.accessControlAllowMethods] == nil)
            #expect(response.headers[.accessControlAllowOrigin] == Self.origin)
        }
    }

    @Test func `each of several allowed origins gets a response for itself`() async throws {
        let origins = ["https://a.example", "https://b.example"]
        try await EchoService.run(.router, ["CORS_ORIGINS": origins.joined(separator: " ")]) { client in
            for origin in origins {
                let response = try await client.send(.get, "/scope", headers: [.origin: origin])
                #expect(response.headers[.accessControlAllowOrigin] == origin)
            }
        }
    }

    @Test(arguments: [("off", nil), ("on", "true")], ["/healthz", "/nothing", "/fail"])
    func `cookies are allowed for allowed origins only, and only if they are switched on`(
        cookies: (switch: String, allowed: String?), path: String
    ) async throws {
        let environment = Self.environment.merging(["TOKEN_COOKIE": cookies.switch]) { $1 }
        try await EchoService.run(.router, environment) { client in
            for (method, origin) in [
                (HTTPRequest.Method.get, Self.origin), (.options, Self.origin), (.get, "https://evil.example"),
                (.options, "https://evil.example"),
            ] {
                let response = try await client.send(
                    method, path, headers: [.origin: origin, .accessControlRequestMethod: "POST"])
                let isAllowed = origin == Self.origin
                #expect(response.headers[.accessControlAllowOrigin] == (isAllowed ? origin : nil))
                #expect(response.headers[.accessControlAllowCredentials] == (isAllowed ? cookies.allowed : nil))
            }
        }
    }

    @Test(arguments: ["/scope", "/nothing", "/fail", "/healthz"])
    func `no response may be stored or guessed, and it varies by the cookie if a cookie may carry the token`(
        path: String
    ) async throws {
        for (cookies, vary) in [("off", ["Origin"]), ("on", ["Cookie", "Origin"])] {
            try await EchoService.run(.router, Self.environment.merging(["TOKEN_COOKIE": cookies]) { $1 }) { client in
                let response = try await client.send(.get, path)
                #expect(response.headers[.cacheControl] == "no-store")
                #expect(response.headers[.xContentTypeOptions] == "nosniff")
                #expect(response.headers[values: .vary].sorted() == vary)
            }
        }
    }

    @Test func `the response of a path that reads a cookie varies by it`() async throws {
        try await EchoService.run(.router, Self.environment, cookiePaths: ["/scope"]) { client in
            for (path, vary) in [("/scope", ["Cookie", "Origin"]), ("/healthz", ["Origin"])] {
                let response = try await client.send(.get, path)
                #expect(response.headers[values: .vary].sorted() == vary)
            }
        }
    }

    @Test func `a file that caches may store does not vary by the cookie`() async throws {
        try await EchoService.run(.router, Self.environment.merging(["TOKEN_COOKIE": "on"]) { $1 }) { client in
            let response = try await client.send(.get, "/docs")
            #expect(response.headers[.cacheControl] == "no-cache")
            #expect(response.headers[values: .vary] == ["Origin"])
        }
    }

    @Test func `cookies can be allowed for some paths only`() async throws {
        try await EchoService.run(.router, Self.environment, cookiePaths: ["/scope"]) { client in
            for (path, allowed) in [("/scope", "true"), ("/scope?x=1", "true"), ("/scope/", nil), ("/healthz", nil)] {
                let response = try await client.send(.get, path, headers: [.origin: Self.origin])
                #expect(response.headers[.accessControlAllowCredentials] == allowed, "\(path)")
            }
        }
    }
}
