import Configuration
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JWT
import ServiceRuntime
import TestSupport
import Testing

@testable import JWTAuth

/// A service with one route of each kind, behind a real door.
struct AuthenticatorFixture {
    let clock = TestClock()
    let user = UUID()
    var mint: TokenMint { TokenMint(clock) }

    func application(
        _ environment: [String: String] = [:]
    ) throws -> some ApplicationProtocol {
        let environment = TokenMint.environment.merging(environment) { $1 }
        let reader = ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: environment))
        let (service, tokenSettings) = try Settings.read(reader) { settings in
            (
                ServiceSettings(name: "orders", defaultPort: 0, &settings),
                try TokenSettings(clock: clock.clock, &settings)
            )
        }
        let authenticator = JWTAuthenticator(of: service, tokenSettings, revocations: nil, clock: clock.clock)
        let router = service.router(context: AppRequestContext.self, readiness: [])
        router.behind(authenticator, .user, scope: "orders:read")
            .get("mine") { _, context in context.identity.subject }
            .post("mine") { _, context in context.identity.subject }
        router.behind(authenticator, .service(from: ["inbox"]), scope: "orders:poke")
            .put("poked/{id}") { _, context in context.identity.subject }
        return try service.application(
            router: router, description: OpenAPIDocument(of: service), services: [tokenSettings.keys])
    }

    func token(_ change: (inout Claims) -> Void = { _ in }, type: String = "JWT") throws -> String {
        var claims = mint.userClaims(user, audience: "orders", scope: "orders:read")
        change(&claims)
        return try mint.sign(claims, type: type)
    }
}

@Suite struct JWTAuthenticatorTests {
    private let fixture = AuthenticatorFixture()

    @Test(arguments: [TestingSetup.router, .live])
    func `a good token opens the door and says who calls`(setup: TestingSetup) async throws {
        try await fixture.application().test(setup) { client in
            for scheme in ["Bearer", "bearer", "BEARER"] {
                let response = try await client.send(
                    .get, "/mine", headers: [.authorization: "\(scheme) \(fixture.token())"])
                #expect(response.status == 200)
                #expect(response.text == fixture.user.lowercase)
            }
        }
    }

    @Test func `without a token the response is 401 with a bare challenge`() async throws {
        try await fixture.application().test(.router) { client in
            let response = try await client.send(.get, "/mine")
            #expect(response.status == 401)
            #expect(response.headers[.wwwAuthenticate] == #"Bearer realm="orders""#)
            #expect(response.code == "missing_token")
        }
    }

    static let refusedTokens: [(String, @Sendable (AuthenticatorFixture) throws -> String)] = [
        ("another audience", { try $0.token { $0.audience = ["catalog"] } }),
        ("no audience", { try $0.token { $0.audience = [] } }),
        ("another issuer", { try $0.token { $0.issuer = "http://localhost:8080/" } }),
        ("no issuer", { try $0.token { $0.issuer = nil } }),
        ("no expiry", { try $0.token { $0.expiresAt = nil } }),
        ("no subject", { try $0.token { $0.subject = nil } }),
        ("no id", { try $0.token { $0.id = nil } }),
        ("not yet valid", { fixture in try fixture.token { $0.notBefore = ($0.issuedAt ?? 0) + 1 } }),
        ("another kind", { try $0.token(type: TokenType.link.typ) }),
        ("a service's kind", { try $0.token(type: TokenType.service.typ) }),
        ("the feed's kind", { try $0.token(type: TokenType.revocationPage.typ) }),
        (
            "another key",
            { fixture in
                try fixture.mint.sign(
                    fixture.mint.userClaims(fixture.user, audience: "orders", scope: "orders:read"),
                    secret: "another-secret-of-sufficient-length-000000")
            }
        ),
        ("no token at all", { _ in "abc" }),
        ("two segments", { try $0.token().split(separator: ".").prefix(2).joined(separator: ".") }),
        ("a padded signature", { try $0.token() + "=" }),
        ("a changed payload", { try $0.token().replacingCharacter(at: 60) }),
        ("a changed signature", { try $0.token().replacingCharacter(at: -10) }),
    ]

    @Test(arguments: refusedTokens.indices)
    func `a token that is not right is refused, and the response does not say why`(index: Int) async throws {
        let (name, make) = Self.refusedTokens[index]
        try await fixture.application().test(.router) { client in
            let response = try await client.send(.get, "/mine", token: make(fixture))
            #expect(response.status == 401, "\(name)")
            #expect(response.code == "invalid_token")
            #expect(
                response.headers[.wwwAuthenticate]
                    == #"Bearer realm="orders", error="invalid_token", error_description="The token is not valid here.""#
            )
        }
    }

    @Test func `a token ends with the second that exp names, and the caller is told so`() async throws {
        try await fixture.application().test(.router) { client in
            let token = try fixture.token()
            fixture.clock.advance(seconds: 599)
            #expect(try await client.send(.get, "/mine", token: token).status == 200)
            fixture.clock.advance(seconds: 1)
            let response = try await client.send(.get, "/mine", token: token)
            #expect(response.status == 401)
            #expect(response.code == "token_expired")
            #expect(response.headers[.wwwAuthenticate]?.contains("The token has expired.") == true)
        }
    }

    @Test func `leeway lets a token live so much longer`() async throws {
        try await fixture.application(["JWT_LEEWAY": "30"]).test(.router) { client in
            let token = try fixture.token()
            fixture.clock.advance(seconds: 629)
            #expect(try await client.send(.get, "/mine", token: token).status == 200)
            fixture.clock.advance(seconds: 1)
            #expect(try await client.send(.get, "/mine", token: token).status == 401)
        }
    }

    @Test(arguments: ["", "orders:rea", "orders:read:all", "ORDERS:READ", "orders:write"])
    func `a good token without the scope is 403 and names what is missing`(scope: String) async throws {
        try await fixture.application().test(.router) { client in
            let response = try await client.send(.get, "/mine", token: fixture.token { $0.scope = scope })
            #expect(response.status == 403)
            #expect(
                response.headers[.wwwAuthenticate]
                    == #"Bearer realm="orders", error="insufficient_scope", scope="orders:read""#)
        }
    }

    @Test(arguments: [
        ("Bearer", 400), ("Bearer ", 400), ("Bearer  x", 400), ("Bearer a b", 400), ("Bearer a,b", 400),
        ("Bearer é", 400), ("Bearer\ta", 401), ("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", 401), ("Token abc", 401),
        ("abc", 401), ("", 401),
    ])
    func `a field that carries no token is refused`(field: String, status: Int) async throws {
        try await fixture.application().test(.router) { client in
            let response = try await client.send(.get, "/mine", headers: [.authorization: field])
            #expect(response.status == status)
        }
    }

    @Test func `two Authorization fields are a bad request, even when both are good`() async throws {
        try await fixture.application().test(.live) { client in
            var headers = HTTPFields()
            let field = "Bearer \(try fixture.token())"
            headers.append(HTTPField(name: .authorization, value: field))
            headers.append(HTTPField(name: .authorization, value: field))
            let response = try await client.send(.get, "/mine", headers: headers)
            #expect(response.status == 400)
            #expect(response.code == "invalid_request")
        }
    }

    @Test func `a token in the query or, unless it is switched on, in a cookie is none`() async throws {
        try await fixture.application().test(.router) { client in
            let token = try fixture.token()
            #expect(try await client.send(.get, "/mine?token=\(token)").status == 401)
            #expect(try await client.send(.get, "/mine?access_token=\(token)").status == 401)
            #expect(try await client.send(.get, "/mine", headers: [.cookie: "access_token=\(token)"]).status == 401)
        }
    }
}

@Suite struct CookieTests {
    private let fixture = AuthenticatorFixture()
    private let environment = ["TOKEN_COOKIE": "on", "CORS_ORIGINS": "https://shop.example"]

    @Test func `a token in the cookie opens the door`() async throws {
        try await fixture.application(environment).test(.router) { client in
            let cookie = "theme=dark; access_token=\(try fixture.token()); x=y"
            #expect(try await client.send(.get, "/mine", headers: [.cookie: cookie]).status == 200)
        }
    }

    @Test(arguments: [
        (nil, 403), ("https://evil.example", 403), ("null", 403), ("https://shop.example", 200),
    ])
    func `a method that changes something needs an origin that is allowed`(origin: String?, status: Int) async throws {
        try await fixture.application(environment).test(.router) { client in
            var headers: HTTPFields = [.cookie: "access_token=\(try fixture.token())"]
            headers[.origin] = origin
            #expect(try await client.send(.post, "/mine", headers: headers).status == status)
        }
    }

    @Test func `a cookie beside a header is a bad request, and so are two cookies`() async throws {
        try await fixture.application(environment).test(.router) { client in
            let token = try fixture.token()
            let both = try await client.send(.get, "/mine", token: token, headers: [.cookie: "access_token=\(token)"])
            #expect(both.status == 400)
            let twice = "access_token=\(token); access_token=\(token)"
            #expect(try await client.send(.get, "/mine", headers: [.cookie: twice]).status == 400)
        }
    }
}

@Suite struct ServiceTokenTests {
    private let fixture = AuthenticatorFixture()

    private func token(
        from issuer: String = "inbox", scope: String = "orders:poke", method: HTTPRequest.Method = .put,
        path: String = "/poked/7?b=2&a=1", audience: String = "orders"
    ) throws -> String {
        let key = try Key(secret: Array(TokenMint.secret.utf8))
        return try ServiceTokenIssuer(issuer: issuer, keys: KeySource(KeySet(key)), clock: fixture.clock.clock)
            .token(for: audience, scope: scope, method: method, path: path)
    }

    @Test func `a service's token is good for its request, whatever the order of the query`() async throws {
        try await fixture.application().test(.router) { client in
            for query in ["b=2&a=1", "a=1&b=2"] {
                let response = try await client.send(.put, "/poked/7?\(query)", token: token())
                #expect(response.status == 200)
                #expect(response.text == "inbox")
            }
        }
    }

    @Test(arguments: ["/poked/8?b=2&a=1", "/poked/7", "/poked/7?b=2&a=1&c=3", "/poked/7?b=2&a=2", "/poked/7?b=2&A=1"])
    func `for another request it is refused`(path: String) async throws {
        try await fixture.application().test(.router) { client in
            let response = try await client.send(.put, path, token: token())
            #expect(response.status == 401)
        }
    }

    @Test func `another method, issuer, audience or kind is refused, a missing scope forbidden`() async throws {
        try await fixture.application().test(.router) { client in
            let path = "/poked/7?b=2&a=1"
            #expect(try await client.send(.put, path, token: token(method: .post)).status == 401)
            #expect(try await client.send(.put, path, token: token(from: "catalog")).status == 401)
            #expect(try await client.send(.put, path, token: token(audience: "inbox")).status == 401)
            #expect(try await client.send(.put, path, token: fixture.token { $0.scope = "orders:poke" }).status == 401)
            #expect(try await client.send(.put, path, token: token(scope: "orders:read")).status == 403)
            fixture.clock.advance(seconds: -3600)
            let old = try token()
            fixture.clock.advance(seconds: 3600)
            #expect(try await client.send(.put, path, token: old).status == 401)
        }
    }
}

extension String {
    /// The text with another letter at a place, counted from the end when negative.
    fileprivate func replacingCharacter(at offset: Int) -> String {
        var letters = Array(self)
        let place = offset < 0 ? letters.count + offset : offset
        letters[place] = letters[place] == "A" ? "B" : "A"
        return String(letters)
    }
}
