import Foundation
import HTTPTypes
import HummingbirdTesting
import TestSupport
import Testing

@testable import LoginService

@Suite struct SignInPageTests {
    @Test func `a sign-up signs in and leads to the account page`() async throws {
        try await LoginUnderTest.run { login in
            var browser = Browser(login)
            #expect(try await browser.get("/signup").status == 200)
            let response = try await browser.submit("/signup", ["username": "Alice", "password": goodPassword])
            #expect(response.status == 303 && response.headers[.location] == "/account")
            let page = try await browser.get("/account")
            #expect(page.status == 200)
            for text in [
                "<h1>alice</h1>", "Firefox on Linux", "From unknown", "28 May 2026, 20:26 UTC", "this browser",
            ] {
                #expect(page.text.contains(text), "\(text)")
            }
            #expect(try await login.rows("SELECT id FROM accounts").count == 1)
        }
    }

    @Test func `a rejected sign-up page has an error at each field and keeps the name but not the password`()
        async throws
    {
        try await LoginUnderTest.run { login in
            var browser = Browser(login)
            _ = try await browser.get("/signup")
            let wrong = try await browser.submit("/signup", ["username": "<b>&\"x", "password": "short"])
            #expect(wrong.status == 422)
            #expect(wrong.text.contains(#"value="&lt;b&gt;&amp;&quot;x""#) && !wrong.text.contains("short"))
            for name in ["username", "password"] {
                #expect(wrong.text.contains(#"aria-describedby="\#(name)-hint \#(name)-error" aria-invalid="true""#))
                #expect(wrong.text.contains(#"id="\#(name)-error""#))
            }
            #expect(wrong.text.contains("<title>Error: Sign up"))
            _ = try await login.signUp("alice")
            let taken = try await browser.submit("/signup", ["username": "alice", "password": goodPassword])
            #expect(taken.status == 409 && taken.text.contains("This name is taken"))
            #expect(try await !browser.isSignedIn())
        }
    }

    @Test func `a wrong password and an unknown name give the same page`() async throws {
        try await LoginUnderTest.run { login in
            _ = try await login.signUp("alice")
            var pages: [String] = []
            for name in ["alice", "nobody"] {
                var browser = Browser(login)
                let response = try await browser.signIn(name, "another password")
                #expect(response.status == 422 && response.text.contains("The name or the password is wrong."))
                #expect(response.text.contains(#"value="\#(name)""#) && !response.text.contains("another password"))
                pages.append(response.text.replacing(name, with: "").replacing(browser.csrfToken, with: ""))
            }
            #expect(pages[0] == pages[1])
        }
    }

    @Test func `the page shows the time to wait after too many failures`() async throws {
        try await LoginUnderTest.run { login in
            _ = try await login.signUp("alice")
            var browser = Browser(login)
            for _ in 0...LoginThrottle.freeFailuresOfPair { try await browser.signIn("alice", "a wrong password") }
            let response = try await browser.signIn("alice")
            #expect(response.status == 429 && response.headers[.retryAfter] == "1")
            #expect(response.text.contains("Try again in 1 s."))
            login.clock.advance(seconds: 1)
            #expect(try await browser.signIn("alice").status == 303)
        }
    }

    @Test(arguments: [
        ("/account/password", "/account/password"), ("/shop/?a=b", "/shop/?a=b"), ("", "/account"),
        ("//evil.example", "/account"), ("/\\evil.example", "/account"), ("https://evil.example", "/account"),
        ("javascript:alert(1)", "/account"), ("/\t/evil.example", "/account"), ("/a\r\nSet-Cookie: a=b", "/account"),
        ("\\\\evil.example", "/account"), ("/é", "/account"),
        ("/a?b=" + String(repeating: "a", count: 8 << 10), "/account"),
    ])
    func `a sign-in redirects only to a path of this service`(next: String, location: String) async throws {
        try await LoginUnderTest.run { login in
            _ = try await login.signUp("alice")
            var browser = Browser(login)
            #expect(try await browser.signIn("alice", next: next).headers[.location] == location)
            guard next.utf8.count < 8000 else { return }
            let encoded = next.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
            #expect(try await browser.get("/login?next=\(encoded)").headers[.location] == location)
        }
    }

    @Test(arguments: [1, 400, 4000, 8100])
    func `the whole request target survives the sign-in`(parameters: Int) async throws {
        try await LoginUnderTest.run(.live) { login in
            _ = try await login.signUp("alice")
            var target = "/account?x=%26%2F%3F+1&redirect_uri=http%3A%2F%2Flocalhost%2F&y="
            target += String(repeating: "&", count: max(0, parameters - 100))
            var browser = Browser(login)
            let redirect = try await browser.get(target)
            // A target that fits into no link is in the form of the page that the target itself shows.
            let page =
                redirect.status == 303
                ? try await browser.get(try #require(redirect.headers[.location])) : redirect
            #expect(page.status == 200 && page.text.contains("<h1>Sign in</h1>"))
            let field = try #require(page.text.firstMatch(of: /name="next" value="([^"]*)"/)).1
            let next = field.replacing("&amp;", with: "&")
            #expect(next == target)
            let wrong = try await browser.submit(
                "/login", ["username": "alice", "password": "a wrong password", "next": String(next)])
            #expect(wrong.text.contains(field))
            let response = try await browser.submit(
                "/login", ["username": "alice", "password": goodPassword, "next": String(next)])
            #expect(response.status == 303 && response.headers[.location] == target)
        }
    }

    @Test func `the link to the sign-up keeps the path with its query`() async throws {
        try await LoginUnderTest.run { login in
            var browser = Browser(login)
            let redirect = try await browser.get("/account/password?a=b&c=%20d")
            let location = try #require(redirect.headers[.location])
            #expect(location == "/login?next=/account/password%3Fa%3Db%26c%3D%2520d")
            let page = try await browser.get(location)
            let query = "?next=/account/password%3Fa%3Db%26c%3D%2520d"
            for path in ["/login", "/signup"] {
                // The links at the top of the page keep the path too.
                let links = page.text.matches(
                    of: try Regex(#"href="\#(path)([^"]*)""#, as: (Substring, Substring).self))
                #expect(!links.isEmpty && links.allSatisfy { $0.1 == query })
            }
        }
    }

    @Test(arguments: ["/login", "/signup"])
    func `the pages to sign in and up redirect a signed-in browser to its account`(path: String) async throws {
        try await LoginUnderTest.run { login in
            _ = try await login.signUp("alice")
            var browser = Browser(login)
            try await browser.signIn("alice")
            let response = try await browser.get(path)
            #expect(response.status == 303 && response.headers[.location] == "/account")
        }
    }

    @Test func `a page of an account redirects to the sign-in, which returns to it`() async throws {
        try await LoginUnderTest.run { login in
            _ = try await login.signUp("alice")
            var browser = Browser(login)
            for path in ["/account", "/account/password", "/account/delete"] {
                let response = try await browser.get(path)
                #expect(response.status == 303 && response.headers[.location] == "/login?next=\(path)")
            }
            let page = try await browser.get("/login?next=/account/delete")
            #expect(page.text.contains(#"name="next" value="/account/delete""#))
        }
    }

    @Test(arguments: [
        "\"\u{301} autofocus onfocus=x", "'\u{200D}>", "<\u{301}img>", "&\u{FE0F}quot;", "\r\n\"\u{20E3}",
    ])
    func `a typed name cannot escape its attribute by combining marks`(name: String) async throws {
        try await LoginUnderTest.run { login in
            var browser = Browser(login)
            let page = try await browser.signIn(name, "x")
            let value = try #require(
                page.text.firstMatch(of: /id="username"[^\n]* value="(.*?)" autocomplete/.dotMatchesNewlines()))
            #expect(!value.1.utf8.contains { "\"'<>".utf8.contains($0) })
        }
    }
}
