import Foundation
import HTTPTypes
import HummingbirdTesting
import ServiceRuntime
import TestSupport
import Testing

@testable import LoginService

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
            #expect(page.headers[try #require(HTTPField.Name("X-Frame-Options"))] == "DENY")
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
