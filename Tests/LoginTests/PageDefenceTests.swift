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
        "/account/password", "/account/delete", "/account/apps/disconnect",
    ]

    /// Valid values for the fields of all forms.
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
