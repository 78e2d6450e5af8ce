import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JWT
import ServiceRuntime
import TestSupport
import Testing

@testable import JWTAuth

@Suite struct JWTAuthenticatorTests {
    private let fixture = AuthenticatorFixture()
    private static let metadata = #"resource_metadata="http://localhost:0/.well-known/oauth-protected-resource""#

    @Test(arguments: [TestingSetup.router, .live], Transport.allCases)
    func `a valid token is accepted and identifies the caller`(setup: TestingSetup, transport: Transport) async throws {
        try await fixture.application(transport.environment).test(setup) { client in
            for method in [HTTPRequest.Method.get, .post] {
                let response = try await transport.send("/mine", method: method, token: fixture.token(), to: client)
                #expect(response.status == 200)
                #expect(response.text == fixture.user.lowercase)
            }
        }
    }

    @Test func `the scheme of the header field is accepted in any case`() async throws {
        try await fixture.application().test(.live) { client in
            for scheme in ["Bearer", "bearer", "BEARER"] {
                let response = try await client.send(
                    .get, "/mine", headers: [.authorization: "\(scheme) \(fixture.token())"])
                #expect(response.status == 200)
            }
        }
    }

    @Test(arguments: Transport.allCases)
    func `a request without a token gets 401 and a challenge without an error`(transport: Transport) async throws {
        try await fixture.application(transport.environment).test(.router) { client in
            let response = try await client.send(.get, "/mine")
            #expect(response.status == 401)
            #expect(response.headers[.wwwAuthenticate] == "Bearer realm=\"orders\", \(Self.metadata)")
            #expect(response.code == "missing_token")
        }
    }

    @Test func `a route that no authenticator protects cannot get an authenticated context`() async throws {
        try await fixture.application().test(.router) { client in
            let response = try await client.send(.get, "/unprotected", token: fixture.token())
            #expect(response.status == 401)
            #expect(response.headers[.wwwAuthenticate] == #"Bearer realm="orders""#)
            #expect(response.code == "missing_token")
        }
    }

    static let rejectedTokens: [(String, @Sendable (AuthenticatorFixture) throws -> String)] = [
        ("another audience", { try $0.token { $0.audience = ["catalog"] } }),
        ("no audience", { try $0.token { $0.audience = [] } }),
        ("another issuer", { try $0.token { $0.issuer = "http://localhost:8080/" } }),
        ("no issuer", { try $0.token { $0.issuer = nil } }),
        ("no expiry", { try $0.token { $0.expiresAt = nil } }),
        ("no subject", { try $0.token { $0.subject = nil } }),
        ("no id", { try $0.token { $0.id = nil } }),
        ("a subject with U+0000", { try $0.token { $0.subject = "a\0b" } }),
        ("an id with U+0000", { try $0.token { $0.id = "\0" } }),
        ("a session with U+0000", { try $0.token { $0.sessionID = "a\0" } }),
        ("not yet valid", { fixture in try fixture.token { $0.notBefore = ($0.issuedAt ?? 0) + 1 } }),
        ("the type of links", { try $0.token(type: TokenType.link.typ) }),
        ("the type of services", { try $0.token(type: TokenType.service.typ) }),
        ("the type of the feed", { try $0.token(type: TokenType.revocationPage.typ) }),
        (
            "another key",
            { fixture in
                try fixture.mint.sign(
                    fixture.mint.userClaims(fixture.user, audience: "orders", scope: "orders:read"),
                    secret: "another-secret-of-sufficient-length-000000")
            }
        ),
        ("not a JWT", { _ in "abc" }),
        ("two segments", { try $0.token().split(separator: ".").prefix(2).joined(separator: ".") }),
        ("a padded signature", { try $0.token() + "=" }),
        ("a changed payload", { try $0.token().replacingCharacter(at: 60) }),
        ("a changed signature", { try $0.token().replacingCharacter(at: -10) }),
    ]

    @Test(arguments: rejectedTokens.indices, Transport.allCases)
    func `an invalid token is rejected, and the response does not tell why`(index: Int, transport: Transport)
        async throws
    {
        let (name, make) = Self.rejectedTokens[index]
        try await fixture.application(transport.environment).test(.router) { client in
            let response = try await transport.send("/mine", token: make(fixture), to: client)
            #expect(response.status == 401, "\(name)")
            #expect(response.code == "invalid_token")
            #expect(
                response.headers[.wwwAuthenticate]
                    == "Bearer realm=\"orders\", error=\"invalid_token\", "
                    + "error_description=\"The token is not valid here.\", \(Self.metadata)")
        }
    }

    @Test(arguments: Transport.allCases)
    func `a token expires in the second of its exp, and the response says so`(transport: Transport) async throws {
        try await fixture.application(transport.environment).test(.router) { client in
            let token = try fixture.token()
            fixture.clock.advance(seconds: 599)
            #expect(try await transport.send("/mine", token: token, to: client).status == 200)
            fixture.clock.advance(seconds: 1)
            let response = try await transport.send("/mine", token: token, to: client)
            #expect(response.status == 401)
            #expect(response.code == "token_expired")
            #expect(response.headers[.wwwAuthenticate]?.contains("The token has expired.") == true)
        }
    }

    @Test(arguments: Transport.allCases)
    func `a token is accepted for the leeway after its expiry`(transport: Transport) async throws {
        let environment = transport.environment.merging(["JWT_LEEWAY": "30"]) { $1 }
        try await fixture.application(environment).test(.router) { client in
            let token = try fixture.token()
            fixture.clock.advance(seconds: 629)
            #expect(try await transport.send("/mine", token: token, to: client).status == 200)
            fixture.clock.advance(seconds: 1)
            #expect(try await transport.send("/mine", token: token, to: client).status == 401)
        }
    }

    @Test(arguments: ["", "orders:rea", "orders:read:all", "ORDERS:READ", "orders:write"], Transport.allCases)
    func `a valid token without the scope gets 403 and the name of the scope`(scope: String, transport: Transport)
        async throws
    {
        try await fixture.application(transport.environment).test(.router) { client in
            let response = try await transport.send("/mine", token: fixture.token { $0.scope = scope }, to: client)
            #expect(response.status == 403)
            #expect(
                response.headers[.wwwAuthenticate]
                    == "Bearer realm=\"orders\", error=\"insufficient_scope\", scope=\"orders:read\", \(Self.metadata)")
        }
    }

    @Test func `a route for accounts rejects a client that acts as itself, after it has checked the scope`()
        async throws
    {
        try await fixture.application().test(.router) { client in
            @Sendable func send(_ path: String, _ scope: String) async throws -> ReceivedResponse {
                try await client.send(
                    .get, path, token: fixture.mint.client("demo-job", audience: "orders", scope: scope))
            }
            let rejected = try await send("/mine", "orders:read")
            #expect(rejected.status == 403 && rejected.code == "account_required")
            #expect(rejected.headers[.wwwAuthenticate] == nil)
            #expect(try await send("/mine", "orders:write").code == "insufficient_scope")
            #expect(try await send("/account", "orders:write").code == "first_party_only")
            #expect(try await send("/any", "orders:read").text == "demo-job")
            #expect(try await send("/any", "orders:read:all").text == "demo-job")
            #expect(try await send("/any", "orders:write").code == "insufficient_scope")
        }
    }

    @Test func `a route for login's own client rejects the token of a registered client`() async throws {
        try await fixture.application().test(.router) { client in
            let foreign = try fixture.token { $0.others = [.init("client_id", "demo-web")] }
            let rejected = try await client.send(.get, "/account", token: foreign)
            #expect(rejected.status == 403 && rejected.code == "first_party_only")
            #expect(rejected.headers[.wwwAuthenticate] == nil)
            #expect(try await client.send(.get, "/account", token: fixture.token()).status == 200)
            #expect(try await client.send(.get, "/mine", token: foreign).status == 200)
        }
    }

    @Test func `the counter of each reason for a rejection exists before the first rejection`() async throws {
        let registry = PrometheusRegistry()
        registry.describeAuthentication()
        for reason in Rejection.reasons {
            #expect(registry.text.contains("door_refusals_total{reason=\"\(reason)\"} 0.0\n"), "\(reason)")
        }
    }

    @Test func `the metrics count rejections by their reason`() async throws {
        try await fixture.application().test(.router) { client in
            _ = try await client.send(.get, "/mine")
            _ = try await client.send(.get, "/mine", token: "abc")
            _ = try await client.send(.get, "/mine", token: fixture.token { $0.scope = "" })
            let metrics = try await client.send(.get, "/metrics").text
            for reason in ["missing", "malformed", "scope"] {
                #expect(metrics.contains(try Regex(#"door_refusals_total\{reason="\#(reason)"\} [1-9]"#)))
            }
        }
    }
}

extension String {
    /// The text with another letter at an offset, which counts from the end when it is negative.
    fileprivate func replacingCharacter(at offset: Int) -> String {
        var letters = Array(self)
        let index = offset < 0 ? letters.count + offset : offset
        letters[index] = letters[index] == "A" ? "B" : "A"
        return String(letters)
    }
}
