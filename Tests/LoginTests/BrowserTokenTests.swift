import Database
import Foundation
import HTTPTypes
import HummingbirdTesting
import TestSupport
import Testing

@testable import LoginService

extension Browser {
    /// Requests an access token, as a script on a page of `origin` does.
    mutating func token(from origin: String? = "http://localhost") async throws -> ReceivedResponse {
        var headers = HTTPFields()
        headers[.origin] = origin
        return try await send(.post, "/session/token", headers: headers)
    }
}

@Suite struct BrowserTokenTests {
    private func withAlice(
        _ environment: [String: String] = [:],
        _ body: @Sendable (LoginUnderTest, inout Browser) async throws -> Void
    ) async throws {
        try await LoginUnderTest.run(environment: environment) { login in
            _ = try await login.signUp("alice")
            var browser = Browser(login)
            try await browser.signIn("alice")
            try await body(login, &browser)
        }
    }

    @Test func `a browser session gets access tokens, and repeated requests keep its cookie`() async throws {
        try await withAlice { login, browser in
            let cookie = browser.cookies
            for _ in 1...3 {
                let response = try await browser.token()
                #expect(response.status == 200 && response.headers[.cacheControl] == "no-store")
                #expect(response["username"] == "alice" && response["token_type"] == "Bearer")
                #expect(response["scope"] == "orders:read orders:write inbox:read")
                #expect(response.expiresIn == 600)
                let me = try await login.client.send(.get, "/me", token: response["access_token"])
                #expect(me.status == 200 && me["username"] == "alice")
            }
            #expect(browser.cookies == cookie)
        }
    }

    @Test(arguments: [
        ("http://localhost", 200), ("http://localhost:8080", 200), ("https://shop.example", 200),
        ("https://evil.example", 403), ("null", 403), (nil, 403), ("https://shop.example.evil.example", 403),
    ])
    func `a page gets a token only if its origin is this service or an allowed one`(origin: String?, status: Int)
        async throws
    {
        try await withAlice(["CORS_ORIGINS": "https://shop.example"]) { _, browser in
            let response = try await browser.token(from: origin)
            #expect(response.status == status)
            #expect((response["access_token"] != nil) == (status == 200))
            let isShop = origin == "https://shop.example"
            #expect(response.headers[.accessControlAllowOrigin] == (isShop ? origin : nil))
            #expect(response.headers[.accessControlAllowCredentials] == (isShop ? "true" : nil))
        }
    }

    @Test func `a signed-out browser gets a 401 that pages of an allowed origin can read`() async throws {
        try await LoginUnderTest.run(environment: ["CORS_ORIGINS": "https://shop.example"]) { login in
            var browser = Browser(login)
            for _ in 1...2 {
                let response = try await browser.token(from: "https://shop.example")
                #expect(response.status == 401 && response.code == "signed_out")
                #expect(response.headers[.wwwAuthenticate] == "Bearer realm=\"login\"")
                #expect(response.headers[.accessControlAllowCredentials] == "true")
                _ = try await browser.get("/login")
            }
            let other = try await login.client.send(.get, "/me", headers: [.origin: "https://shop.example"])
            #expect(other.headers[.accessControlAllowCredentials] == nil)
        }
    }

    @Test(arguments: [
        ("1", 200, 1), ("599", 200, 599), ("601", 200, 600), ("0", 422, nil), ("x", 422, nil), ("", 422, nil),
    ])
    func `a page can request a token with a shorter lifetime`(lifetime: String, status: Int, seconds: Int?) async throws
    {
        try await withAlice { login, browser in
            let response = try await browser.send(
                .post, "/session/token?life=\(lifetime)", headers: [.origin: "http://localhost"])
            #expect(response.status == status && response.expiresIn == seconds)
            guard let seconds else { return }
            login.clock.advance(seconds: Double(seconds))
            let expired = try await login.client.send(.get, "/me", token: response["access_token"])
            #expect(expired.code == "token_expired")
        }
    }

    @Test func `a token for a browser has only the scopes that are still granted`() async throws {
        try await withAlice { login, browser in
            _ = try await Stores(in: login.folder).accounts.revoke(
                Scope(names: ["orders:write"]), from: "alice".username)
            #expect(try await browser.token()["scope"] == "orders:read inbox:read")
        }
    }

    @Test func `a token for a browser expires no later than its session`() async throws {
        try await withAlice(["REFRESH_TOKEN_TTL": "100"]) { login, browser in
            login.clock.advance(seconds: 40)
            let last = try await browser.token()
            #expect(last.expiresIn == 60)
            login.clock.advance(seconds: 60)
            #expect(try await browser.token().status == 401)
        }
    }
}
