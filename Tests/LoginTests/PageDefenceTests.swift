import Database
import Foundation
import HTTPTypes
import HummingbirdTesting
import ServiceRuntime
import TestSupport
import Testing

@testable import LoginService

@Suite struct PageDefenceTests {
    private static let forms = [
        "/login", "/signup", "/account/sign-out", "/account/sign-out-everywhere", "/account/sessions/end",
        "/account/password", "/account/delete",
    ]

    /// All that any of the forms asks for, with right responses.
    private static let fields = [
        "username": "bob", "password": goodPassword, "current_password": goodPassword,
        "new_password": "quite another one",
    ]

    /// Calls `body` with a signed-in browser and checks that it changed neither account nor session.
    private func withSignedIn(_ body: @Sendable (LoginUnderTest, inout Browser) async throws -> Void)
        async throws
    {
        try await LoginUnderTest.run { login in
            _ = try await login.signUp("alice")
            var browser = Browser(login)
            try await browser.signIn("alice")
            #expect(try await browser.isSignedIn())
            try await body(login, &browser)
            #expect(try await browser.isSignedIn())
            #expect(try await login.rows("SELECT id FROM accounts").count == 1)
            #expect(try await login.rows("SELECT id FROM sessions WHERE ended_at IS NULL").count == 1)
            #expect(try await login.rows("SELECT id FROM accounts WHERE password_version > 0").isEmpty)
        }
    }

    @Test(arguments: forms) func `a form without the CSRF token of its browser is rejected`(path: String) async throws {
        try await withSignedIn { login, browser in
            var stranger = Browser(login)
            _ = try await stranger.get("/login")
            let own = browser.csrfToken
            for token in ["", "x", stranger.csrfToken, String(own.dropLast()), own + "A", own.lowercased()] {
                browser.csrfToken = token
                let response = try await browser.submit(path, Self.fields)
                #expect(response.status == 403 && response.text.contains("Nothing was changed"))
                #expect(response.headers[.contentType]?.hasPrefix("text/html") == true)
            }
        }
    }

    @Test(arguments: forms) func `a form without the cookie of its CSRF token is rejected`(path: String) async throws {
        try await withSignedIn { login, browser in
            var stranger = Browser(login)
            stranger.csrfToken = browser.csrfToken
            let response = try await stranger.submit(path, Self.fields)
            #expect(response.status == 403)
            // A form of another site comes without the cookie, and the response must not replace the browser's cookie.
            #expect(response.headers[.setCookie] == nil)
        }
    }

    @Test(
        arguments: forms,
        [
            [.origin: "https://evil.example"], [.origin: "null"], [.origin: "https://localhost"],
            [.origin: "http://localhost.evil.example"], [.origin: "http://localhost:1"], [.secFetchSite: "cross-site"],
            [.secFetchSite: "same-site"], [.origin: "http://localhost", .secFetchSite: "cross-site"],
            [.origin: "http://evil.example", .secFetchSite: "same-origin"],
        ] as [HTTPFields])
    func `a form from another origin is rejected even with a valid CSRF token`(path: String, from: HTTPFields)
        async throws
    {
        try await withSignedIn { _, browser in
            browser.formHeaders = from
            let response = try await browser.submit(path, Self.fields)
            #expect(response.status == 403 && response.text.contains("another site"))
        }
    }

    @Test(
        arguments: forms,
        [
            "", "=", "&&&", "%", "form_token=%", "form_token=%FF", "a=1&a=2", "form_token=%00", "\u{0}", "{}",
            String(repeating: "a", count: 17 << 10), String(repeating: "a=1&", count: 100), "session=x", "session='",
        ])
    func `a malformed form never causes an internal error`(path: String, body: String) async throws {
        try await withSignedIn { _, browser in
            #expect([400, 403, 413].contains(try await browser.submit(path, body: body).status))
            let withToken = try await browser.submit(path, body: "form_token=\(browser.csrfToken)&\(body)")
            #expect(withToken.status < 500)
            // A form with the valid token may sign out.
            if try await !browser.isSignedIn() { try await browser.signIn("alice") }
        }
    }

    @Test func `a malformed cookie counts as signed out`() async throws {
        try await LoginUnderTest.run { login in
            for cookie in [
                "", "=", "hallpass", "hallpass=", "hallpass=\"", "hallpass=;hallpass=x", "a;;;=", "hallpass=é",
            ] {
                let response = try await login.client.send(.get, "/account", headers: [.cookie: cookie])
                #expect(response.status == 303)
            }
        }
    }
}

@Suite struct PageCookieTests {
    @Test(arguments: [
        ("http://localhost:8080", "hallpass", false), ("http://127.0.0.1", "hallpass", false),
        ("http://[::1]:1", "hallpass", false), ("https://login.example", "__Host-hallpass", true),
        ("http://login.example", "__Host-hallpass", true), ("http://localhost.evil.example", "__Host-hallpass", true),
        ("hallpass", "__Host-hallpass", true),
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
            let key = try #require(SessionCookie(value))
            let stored: [UInt8] = try #require(try await login.rows("SELECT hash FROM browser_keys").first)["hash"]
            #expect(stored == key.hash)
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

@Suite struct PageHeaderTests {
    @Test(arguments: ["/", "/login", "/signup", "/account", "/account/password", "/account/delete", "/shop/"])
    func `a page is not cached or embedded and loads only resources of this service`(path: String) async throws {
        try await LoginUnderTest.run { login in
            _ = try await login.signUp("alice")
            var browser = Browser(login)
            if path.hasPrefix("/account") { try await browser.signIn("alice") }
            let page = try await browser.get(path)
            #expect(page.status == 200)
            let policy = try #require(page.headers[.contentSecurityPolicy])
            for rule in [
                "default-src 'none'", "script-src 'self'", "style-src 'self'", "form-action 'self'",
                "frame-ancestors 'none'", "base-uri 'none'",
            ] { #expect(policy.contains(rule)) }
            let sources = policy.split { " ;".contains($0) }.filter { $0.contains("'") || $0.contains("*") }
            #expect(Set(sources) == ["'none'", "'self'"])
            #expect(page.headers[.xContentTypeOptions] == "nosniff")
            #expect(page.headers[.referrerPolicy] == "same-origin")
            #expect(page.headers[.cacheControl] == (path == "/shop/" ? "no-cache" : "no-store"))
            #expect(page.text.hasPrefix("<!doctype html>\n<html lang=\"en\">"))
            for forbidden in ["<script>", "<style", " style=", " onclick", "javascript:", "src=\"http", "href=\"http"] {
                #expect(!page.text.contains(forbidden), "\(forbidden)")
            }
        }
    }

    @Test(arguments: ["/login", "/signup", "/account/password", "/account/delete"])
    func `a page has a label for each visible field`(path: String) async throws {
        try await LoginUnderTest.run { login in
            _ = try await login.signUp("alice")
            var browser = Browser(login)
            if path.hasPrefix("/account") { try await browser.signIn("alice") }
            let page = try await browser.get(path).text
            let fields = page.matches(of: /<input id="(\w+)"/).map(\.1)
            #expect(!fields.isEmpty)
            for field in fields { #expect(page.contains(#"<label for="\#(field)">"#)) }
            #expect(page.matches(of: /autocomplete="(username|current-password|new-password)"/).count >= fields.count)
        }
    }
}
