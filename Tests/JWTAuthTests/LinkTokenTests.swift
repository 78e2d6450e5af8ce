import Foundation
import HTTPTypes
import HummingbirdTesting
import JWT
import ServiceRuntime
import TestSupport
import Testing

@testable import JWTAuth

@Suite struct LinkTokenTests {
    private let fixture = AuthenticatorFixture()

    private func link(to path: String = "/linked/7", by service: String = "orders") throws -> String {
        let user = try #require(Identity(fixture.verified(fixture.token())))
        return try fixture.issuer(service).link(to: path, for: user).token
    }

    @Test(arguments: [Revocation.Kind.session, .account])
    func `a link is rejected when the access token that made it is revoked`(kind: Revocation.Kind) async throws {
        let fixture = FeedFixture()
        try await fixture.run { client in
            let (claims, text) = try fixture.token()
            let user = try #require(Identity(fixture.authenticator.verified(text)))
            fixture.clock.advance(seconds: 30)
            let issuer = try fixture.authenticator.issuer("orders")
            let (first, second) = (
                try issuer.link(to: "/linked/1", for: user), try issuer.link(to: "/linked/2", for: user)
            )
            try await fixture.respond(.init(seq: 1, reset: true))
            let poll = try await fixture.feed.nextPoll()
            #expect(try await client.send(.get, "/linked/1?token=\(first.token)").status == 200)
            let entry =
                kind == .session
                ? fixture.entry(.session, claims.sessionID) : fixture.entry(.account, claims.subject, before: -29)
            poll.respond(try FeedResponse(seq: 2, entries: [entry]).signed(at: fixture.clock))
            _ = try await fixture.feed.nextPoll()
            #expect(try await client.send(.get, "/linked/2?token=\(second.token)").status == 401)
        }
    }

    @Test func `a link is valid once and acts for its user`() async throws {
        try await fixture.application().test(.router) { client in
            let token = try link()
            let first = try await client.send(.get, "/linked/7?token=\(token)")
            #expect(first.status == 200)
            #expect(first.text == fixture.user.lowercase)
            #expect(fixture.usedLinks.all.map(\.value) == [fixture.clock.now + 60 + 300 + 86_400])
            let second = try await client.send(.get, "/linked/7?token=\(token)")
            #expect(second.status == 401)
            #expect(second.code == "invalid_token")
            #expect(try await client.send(.get, "/linked/7?token=\(link())").status == 200)
        }
    }

    @Test(arguments: ["/linked/8?token=", "/linked/7?a=1&token="])
    func `a link is rejected for another request and stays unused`(uri: String) async throws {
        try await fixture.application().test(.router) { client in
            let response = try await client.send(.get, uri + link())
            #expect(response.code == "invalid_token")
            #expect(fixture.usedLinks.all.isEmpty)
        }
    }

    @Test func `a link with a repeated parameter is rejected and stays unused`() async throws {
        try await fixture.application().test(.router) { client in
            let token = try link(to: "/linked/7?a=1&a=2")
            #expect(try await client.send(.get, "/linked/7?a=2&a=1&token=\(token)").status == 400)
            #expect(fixture.usedLinks.all.isEmpty)
        }
    }

    @Test func `a link that another service signed is rejected`() async throws {
        try await fixture.application().test(.router) { client in
            let response = try await client.send(.get, "/linked/7?token=\(link(by: "inbox"))")
            #expect(response.status == 401)
        }
    }

    @Test func `an access token in the query of a link is rejected`() async throws {
        try await fixture.application().test(.router) { client in
            let response = try await client.send(.get, "/linked/7?token=\(fixture.token())")
            #expect(response.status == 401)
        }
    }

    @Test func `a link expires after a minute`() async throws {
        try await fixture.application().test(.router) { client in
            let token = try link()
            fixture.clock.advance(seconds: 60)
            #expect(try await client.send(.get, "/linked/7?token=\(token)").code == "token_expired")
            #expect(fixture.usedLinks.all.isEmpty)
        }
    }

    @Test func `a link ignores the cookie with an access token`() async throws {
        try await fixture.application(["TOKEN_COOKIE": "on"]).test(.router) { client in
            let headers: HTTPFields = [.cookie: "access_token=\(try fixture.token())"]
            #expect(try await client.send(.get, "/linked/7?token=\(link())", headers: headers).status == 200)
            #expect(try await client.send(.get, "/linked/7", headers: headers).code == "missing_token")
        }
    }

    @Test func `a link with two tokens is a bad request`() async throws {
        try await fixture.application().test(.router) { client in
            let token = try link()
            #expect(try await client.send(.get, "/linked/7?token=\(token)&token=\(token)").status == 400)
            #expect(try await client.send(.get, "/linked/7?token=\(token)", token: token).status == 400)
            #expect(try await client.send(.get, "/linked/7?token=").status == 400)
        }
    }
}
