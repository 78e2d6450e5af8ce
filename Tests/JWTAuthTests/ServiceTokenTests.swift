import HTTPTypes
import HummingbirdTesting
import JWT
import ServiceRuntime
import TestSupport
import Testing

@testable import JWTAuth

@Suite struct ServiceTokenTests {
    private let fixture = AuthenticatorFixture()

    private func token(
        from issuer: String = "inbox", scope: String = "orders:poke", method: HTTPRequest.Method = .put,
        path: String = "/poked/7?b=2&a=1", audience: String = "orders"
    ) throws -> String {
        try fixture.issuer(issuer).token(for: audience, scope: scope, method: method, path: path)
    }

    @Test func `a service's token is valid for its request, whatever the order of the query`() async throws {
        try await fixture.application().test(.router) { client in
            for query in ["b=2&a=1", "a=1&b=2"] {
                let response = try await client.send(.put, "/poked/7?\(query)", token: token())
                #expect(response.status == 200)
                #expect(response.text == "inbox")
            }
        }
    }

    @Test(arguments: ["/poked/8?b=2&a=1", "/poked/7", "/poked/7?b=2&a=1&c=3", "/poked/7?b=2&a=2", "/poked/7?b=2&A=1"])
    func `a service's token is rejected for another request`(path: String) async throws {
        try await fixture.application().test(.router) { client in
            let response = try await client.send(.put, path, token: token())
            #expect(response.status == 401)
            #expect(response.code == "invalid_token")
        }
    }

    @Test func `a service's token for another method, issuer, audience or type is rejected`() async throws {
        try await fixture.application().test(.router) { client in
            let path = "/poked/7?b=2&a=1"
            let tokens = [
                try token(method: .post), try token(from: "catalog"), try token(audience: "inbox"),
                try fixture.token { $0.scope = "orders:poke" },
            ]
            for token in tokens { #expect(try await client.send(.put, path, token: token).code == "invalid_token") }
        }
    }

    @Test func `a service's token without the scope is denied`() async throws {
        try await fixture.application().test(.router) { client in
            let response = try await client.send(.put, "/poked/7?b=2&a=1", token: token(scope: "orders:read"))
            #expect(response.status == 403)
        }
    }

    @Test func `a service's token expires after a minute`() async throws {
        try await fixture.application().test(.router) { client in
            let token = try token()
            fixture.clock.advance(seconds: 59)
            #expect(try await client.send(.put, "/poked/7?b=2&a=1", token: token).status == 200)
            fixture.clock.advance(seconds: 1)
            #expect(try await client.send(.put, "/poked/7?b=2&a=1", token: token).code == "token_expired")
        }
    }

    @Test func `a service's token on behalf of a user names the user and the service`() async throws {
        try await fixture.application().test(.router) { client in
            let user = fixture.user.lowercase
            let token = try fixture.issuer("inbox").token(
                for: "orders", scope: "", onBehalfOf: user, method: .get, path: "/served")
            #expect(try await client.send(.get, "/served", token: token).text == user)
            #expect(try InspectedToken(inspecting: token).payload["act"]?["sub"]?.string == "inbox")
        }
    }

    @Test func `a service's token is valid for the body that it was signed for, and no other`() async throws {
        try await fixture.application().test(.router) { client in
            let body = #"{"a":1}"#
            let token = try fixture.issuer("inbox").token(
                for: "orders", scope: "orders:poke", method: .post, path: "/poked", body: Array(body.utf8))
            for _ in 1...2 {
                let response = try await client.send(.post, "/poked", token: token, json: body)
                #expect(response.status == 200)
                #expect(response.text == body)
            }
            for other in [#"{"a":2}"#, #"{"a":1} "#, ""] {
                let response = try await client.send(.post, "/poked", token: token, json: other)
                #expect(response.status == 401, "\(other)")
                #expect(response.code == "invalid_token")
            }
            #expect(try await client.send(.post, "/poked", token: token).status == 401)
            let large = String(repeating: "x", count: 1 << 20 + 1)
            #expect(try await client.send(.post, "/poked", token: token, json: large).status == 413)
        }
    }

    @Test(arguments: ["a=1&a=2", "a=1&%61=2", "a=1&b=2&a=1", "a&a"])
    func `a repeated query parameter is rejected, because the hash of the request does not tell the order`(
        query: String
    ) async throws {
        try await fixture.application().test(.router) { client in
            let response = try await client.send(
                .put, "/poked/7?\(query)", token: token(path: "/poked/7?\(query)"))
            #expect(response.status == 400)
            #expect(response.text.contains("The query parameter a is repeated."))
        }
    }

    @Test func `a service's token on behalf of a subject that cannot be stored is rejected`() async throws {
        try await fixture.application().test(.router) { client in
            let token = try fixture.issuer("inbox").token(
                for: "orders", scope: "", onBehalfOf: "a\0b", method: .get, path: "/served")
            #expect(try await client.send(.get, "/served", token: token).status == 401)
        }
    }
}
