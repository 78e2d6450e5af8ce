import Foundation
import HTTPTypes
import HummingbirdTesting
import TestSupport
import Testing

@testable import LoginService

@Suite struct TokenCookieTests {
    private static let environment = ["TOKEN_COOKIE": "on", "CORS_ORIGINS": "http://localhost"]

    @Test func `sign-in and renewal set the token cookie, scripts cannot read it, and signing out deletes it`()
        async throws
    {
        try await LoginUnderTest.run(environment: Self.environment) { login in
            _ = try await login.signUp("alice")
            var browser = Browser(login)
            let response = try await browser.signIn("alice")
            let cookie = try #require(response.headers[values: .setCookie].first { $0.hasPrefix("access_token=ey") })
            for attribute in ["; HttpOnly", "; SameSite=Lax", "; Path=/", "; Max-Age=600"] {
                #expect(cookie.contains(attribute))
            }
            login.clock.advance(seconds: 60)
            let first = browser.cookies["access_token"]
            let renewed = try await browser.token()
            #expect(renewed.status == 200 && renewed["access_token"] == nil && renewed["token_type"] == "Cookie")
            #expect(!renewed.text.contains("eyJ"))
            #expect(browser.cookies["access_token"] != first)
            #expect(try await browser.get("/me")["username"] == "alice")
            _ = try await browser.get("/account")
            _ = try await browser.submit("/account/sign-out")
            #expect(browser.cookies["access_token"] == nil)
        }
    }

    @Test(arguments: [("http://localhost", 204), ("https://evil.example", 403), ("null", 403), (nil, 403)])
    func `a request of a foreign origin with the token cookie changes nothing`(origin: String?, status: Int)
        async throws
    {
        try await LoginUnderTest.run(environment: Self.environment) { login in
            _ = try await login.signUp("alice")
            var browser = Browser(login)
            try await browser.signIn("alice")
            var headers: HTTPFields = [.contentType: "application/x-www-form-urlencoded"]
            headers[.origin] = origin
            let response = try await browser.send(.post, "/logout", headers: headers, body: "a=b")
            #expect(response.status == status)
            #expect(try await browser.isSignedIn() == (status != 204))
        }
    }

    @Test func `a request with a token in the cookie and in a header field is rejected`() async throws {
        try await LoginUnderTest.run(environment: Self.environment) { login in
            _ = try await login.signUp("alice")
            var browser = Browser(login)
            try await browser.signIn("alice")
            let token = try await login.signIn("alice").accessToken
            let response = try await browser.get("/me", headers: [.authorization: "Bearer \(token)"])
            #expect(response.status == 400 && response.code == "invalid_request")
        }
    }
}
