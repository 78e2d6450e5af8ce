import Database
import Foundation
import HTTPTypes
import HummingbirdTesting
import TestSupport
import Testing

@testable import LoginService

@Suite struct PageCookieTests {
    @Test(arguments: [
        ("http://localhost:8080", "hallpass", false), ("http://127.0.0.1", "hallpass", false),
        ("http://[::1]:1", "hallpass", false), ("https://login.example", "__Host-hallpass", true),
        ("http://login.example", "__Host-hallpass", true), ("http://localhost.evil.example", "__Host-hallpass", true),
        ("https://LOCALHOST", "__Host-hallpass", true), ("http://LOCALHOST:80", "hallpass", false),
    ])
    func `the session cookie is restricted to encrypted connections, except on localhost`(
        issuer: String, name: String, isSecure: Bool
    ) async throws {
        try await LoginUnderTest.run(environment: ["JWT_ISSUER": issuer]) { login in
            let cookie = try #require(try await login.client.send(.get, "/login").headers[.setCookie])
            #expect(cookie.hasPrefix("\(name)="))
            #expect(cookie.contains("; Secure") == isSecure)
            for attribute in ["; HttpOnly", "; SameSite=Lax", "; Path=/"] { #expect(cookie.contains(attribute)) }
            #expect(!cookie.contains("Domain"))
        }
    }

    @Test func `a sign-in replaces the cookie, so a planted cookie gives no access`() async throws {
        try await LoginUnderTest.run { login in
            _ = try await login.signUp("alice")
            var attacker = Browser(login)
            _ = try await attacker.get("/login")
            var victim = Browser(login)
            victim.cookies = attacker.cookies
            #expect(try await victim.signIn("alice").status == 303)
            #expect(victim.cookies["hallpass"] != attacker.cookies["hallpass"])
            #expect(try await victim.isSignedIn())
            #expect(try await !attacker.isSignedIn())
        }
    }

    @Test func `the session cookie expires with its session, and only its hash is stored`() async throws {
        try await LoginUnderTest.run { login in
            _ = try await login.signUp("alice")
            var browser = Browser(login)
            let response = try await browser.signIn("alice")
            #expect(response.headers[.setCookie]?.contains("Max-Age=1209600") == true)
            let value = try #require(browser.cookies["hallpass"])
            let cookie = try #require(SessionCookie(value))
            let stored: [UInt8] = try #require(try await login.rows("SELECT hash FROM browser_keys").first)["hash"]
            #expect(stored == cookie.hash)
            #expect(try await login.rows("SELECT hash FROM refresh_tokens").isEmpty)
            login.clock.advance(seconds: 1_209_599)
            #expect(try await browser.isSignedIn())
            login.clock.advance(seconds: 1)
            #expect(try await !browser.isSignedIn())
        }
    }

    @Test func `a second sign-in in a browser ends its former session`() async throws {
        try await LoginUnderTest.run { login in
            for name in ["alice", "bob"] { _ = try await login.signUp(name) }
            var browser = Browser(login)
            try await browser.signIn("alice")
            var copy = browser
            _ = try await browser.get("/account")
            #expect(try await browser.submit("/login", ["username": "bob", "password": goodPassword]).status == 303)
            #expect(try await browser.get("/account").text.contains("<h1>bob</h1>"))
            #expect(try await !copy.isSignedIn())
            #expect(try await login.rows("SELECT id FROM sessions WHERE ended_at IS NULL").count == 1)
        }
    }
}
