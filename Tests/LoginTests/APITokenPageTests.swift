import Foundation
import HTTPTypes
import HummingbirdTesting
import ServiceRuntime
import TestSupport
import Testing

@testable import LoginService

@Suite struct APITokenPageTests {
    private static let fields = ["name": "backup", "scope orders:read": "on", "lifetime": "30"]

    private func withAlice(_ body: @Sendable (LoginUnderTest, inout Browser) async throws -> Void) async throws {
        try await LoginUnderTest.run { login in
            for name in ["alice", "bob"] { _ = try await login.signUp(name) }
            var browser = Browser(login)
            try await browser.signIn("alice")
            _ = try await browser.get("/account/api-tokens/new")
            try await body(login, &browser)
        }
    }

    private func secret(in page: String) throws -> String {
        String(try #require(page.firstMatch(of: /<code>([0-9a-f]{40})<\/code>/)).1)
    }

    @Test func `the account page creates an API token, shows it once, lists it and deletes it`() async throws {
        try await withAlice { login, browser in
            let form = try await browser.get("/account/api-tokens/new").text
            #expect(form.matches(of: /type="checkbox" name="scope [a-z:]+" value="on" checked/).count == 3)
            let created = try await browser.submit("/account/api-tokens/new", Self.fields)
            #expect(created.status == 201 && created.headers[.cacheControl] == "no-store")
            let secret = try secret(in: created.text)
            let described = try await login.introspect(secret)
            #expect(described["scope"] == "orders:read" && described["username"] == "alice")
            #expect(described.json["exp"] as? Int == 1_780_000_000 + 30 * 86_400)
            let page = try await browser.get("/account").text
            #expect(page.contains("<h3>backup</h3>") && page.contains("Allows orders:read") && !page.contains(secret))
            let id = try #require(page.firstMatch(of: /name="api_token" value="([^"]+)"/)).1
            let deleted = try await browser.submit("/account/api-tokens/delete", ["api_token": String(id)])
            #expect(deleted.status == 303 && deleted.headers[.location] == "/account?notice=api-token-deleted")
            #expect(
                try await browser.get("/account?notice=api-token-deleted").text.contains("The API token is deleted."))
            #expect(try await !login.isActive(secret))
            #expect(try await browser.submit("/account/api-tokens/delete", ["api_token": String(id)]).status == 404)
        }
    }

    @Test func `an API token from the page may have no end`() async throws {
        try await withAlice { login, browser in
            let created = try await browser.submit(
                "/account/api-tokens/new", Self.fields.merging(["lifetime": "never"]) { $1 })
            #expect(created.text.contains("you delete it"))
            #expect(try await login.introspect(secret(in: created.text)).json["exp"] == nil)
        }
    }

    @Test(arguments: [
        (["name": ""], 422, "Name must have 1 to 100 characters"),
        (["name": String(repeating: "x", count: 101)], 422, "Name must have 1 to 100 characters"),
        (["scope orders:read": ""], 422, "Choose at least one thing that the token allows."),
        (["lifetime": "1"], 400, "The form offers no such lifetime."),
    ])
    func `an invalid form creates nothing and says why`(
        changes: [String: String], status: Int, sentence: String
    ) async throws {
        try await withAlice { login, browser in
            let rejected = try await browser.submit("/account/api-tokens/new", Self.fields.merging(changes) { $1 })
            #expect(rejected.status == status && rejected.text.contains(sentence))
            if status == 422 { #expect(rejected.text.contains("<title>Error: New API token")) }
            #expect(try await login.rows("SELECT id FROM api_tokens").isEmpty)
        }
    }

    @Test func `a form cannot choose a scope that the session lacks`() async throws {
        try await withAlice { login, browser in
            let fields = Self.fields.merging(["scope catalog:write": "on"]) { $1 }
            let created = try await browser.submit("/account/api-tokens/new", fields)
            #expect(try await login.introspect(secret(in: created.text))["scope"] == "orders:read")
        }
    }

    @Test func `a name with markup is shown as text`() async throws {
        try await withAlice { _, browser in
            let name = "<b>\"&'\u{301}"
            let created = try await browser.submit(
                "/account/api-tokens/new", Self.fields.merging(["name": name]) { $1 })
            for page in [created.text, try await browser.get("/account").text] {
                #expect(page.contains("&lt;b&gt;&quot;&amp;&#39;\u{301}") && !page.contains("<b>"))
            }
        }
    }

    @Test func `the page rejects the fifty-first API token and those of other accounts`() async throws {
        try await withAlice { login, browser in
            let access = try await login.signIn("bob").accessToken
            _ = try await login.apiToken(access)
            let id = try #require(try await login.apiTokens(access).first).id
            #expect(try await browser.submit("/account/api-tokens/delete", ["api_token": id]).status == 404)
            for _ in 1...50 {
                #expect(try await browser.submit("/account/api-tokens/new", Self.fields).status == 201)
            }
            let refused = try await browser.submit("/account/api-tokens/new", Self.fields)
            #expect(refused.status == 409 && refused.text.contains("at most 50 API tokens"))
        }
    }

    @Test(arguments: ["/account/api-tokens/new", "/account/api-tokens/delete"])
    func `a forged form changes no API token`(path: String) async throws {
        try await withAlice { login, browser in
            _ = try await browser.submit("/account/api-tokens/new", Self.fields)
            let id = try #require(
                try await browser.get("/account").text.firstMatch(of: /name="api_token" value="([^"]+)"/)
            ).1
            let fields = Self.fields.merging(["api_token": String(id)]) { $1 }
            browser.formHeaders = [.origin: "https://evil.example", .secFetchSite: "cross-site"]
            #expect(try await browser.submit(path, fields).status == 403)
            browser.formHeaders = [.origin: "http://localhost", .secFetchSite: "same-origin"]
            browser.csrfToken = "x"
            #expect(try await browser.submit(path, fields).status == 403)
            #expect(try await login.rows("SELECT id FROM api_tokens").count == 1)
        }
    }

    @Test func `a browser that is signed out is sent to the sign-in page`() async throws {
        try await LoginUnderTest.run { login in
            var browser = Browser(login)
            let response = try await browser.get("/account/api-tokens/new")
            #expect(response.status == 303 && response.headers[.location] == "/login?next=/account/api-tokens/new")
        }
    }
}
