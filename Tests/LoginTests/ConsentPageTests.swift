import Foundation
import HTTPTypes
import HummingbirdTesting
import ServiceRuntime
import TestSupport
import Testing

@testable import LoginService

@Suite struct ConsentPageTests {
    /// Calls `body` with a browser in which alice is signed in.
    private func withSignedIn(
        _ body: @Sendable (LoginUnderTest, inout Browser) async throws -> Void
    ) async throws {
        try await LoginUnderTest.runDemo { login in
            var browser = Browser(login)
            try await browser.signIn("alice", DemoData.password)
            try await body(login, &browser)
        }
    }

    @Test func `the page says which app asks for what, at which services, for which account`() async throws {
        try await withSignedIn { login, browser in
            let resource = "http://localhost:8082"
            let page = try await browser.get(
                CodeFlow.web(login).path(["scope": "orders:read inbox:read", "resource": resource]))
            #expect(page.status == 200)
            for text in [
                "Demo web", "alice", "see your orders", "read, mark and delete your messages", "orders",
                "http://localhost:8090",
            ] { #expect(page.text.contains(text)) }
            #expect(!page.text.contains("place orders") && !page.text.contains("Any program can claim"))
            let cli = try await browser.get(CodeFlow.cli(login).path())
            #expect(cli.text.contains("Any program can claim to be it"))
        }
    }

    @Test func `the page cannot be embedded, and its form may lead to the client only`() async throws {
        try await withSignedIn { login, browser in
            for flow in [CodeFlow.web(login), .cli(login)] {
                let page = try await browser.get(flow.path())
                let policy = try #require(page.headers[.contentSecurityPolicy])
                let origin = flow.redirectURI.dropLast("/callback".count)
                #expect(policy.contains("form-action 'self' \(origin);") && policy.contains("frame-ancestors 'none'"))
                #expect(page.headers[.cacheControl] == "no-store")
            }
        }
    }

    @Test func `the sign-in and sign-up pages that lead to a client name its origin, also after an error`() async throws
    {
        try await LoginUnderTest.runDemo { login in
            var browser = Browser(login)
            let next = CodeFlow.web(login).path()
            let policy = "form-action 'self' http://localhost:8090;"
            for path in ["/login", "/signup"] {
                let page = try await browser.get("\(path)?next=\(URLEncodedForm.encode(next))")
                #expect(page.headers[.contentSecurityPolicy]?.contains(policy) == true)
                let failed = try await browser.submit(path, ["username": "x", "password": "x", "next": next])
                #expect(failed.status == 422 && failed.headers[.contentSecurityPolicy]?.contains(policy) == true)
            }
            for next in [
                "/account", "/authorize", "/authorize?client_id=demo-web&redirect_uri=https%3A%2F%2Fevil.example",
            ] {
                let page = try await browser.get("/login?next=\(URLEncodedForm.encode(next))")
                #expect(page.headers[.contentSecurityPolicy]?.contains("form-action 'self';") == true)
            }
        }
    }

    @Test func `a request survives the sign-in`() async throws {
        try await LoginUnderTest.runDemo { login in
            var browser = Browser(login)
            let path = CodeFlow.web(login).path(["state": String(repeating: "x", count: 3000)])
            let redirect = try await browser.get(path)
            let location = try #require(redirect.headers[.location])
            #expect(redirect.status == 303 && location.hasPrefix("/login?next="))
            let page = try await browser.get(location)
            let field = try #require(page.text.firstMatch(of: /name="next" value="([^"]*)"/)).1
            let next = field.replacing("&amp;", with: "&")
            let signedIn = try await browser.submit(
                "/login", ["username": "alice", "password": DemoData.password, "next": String(next)])
            #expect(signedIn.headers[.location] == path)
        }
    }

    @Test
    func `a request that fits into no link survives the way to the sign-up and back, and each page names the client`()
        async throws
    {
        try await LoginUnderTest.runDemo { login in
            let (web, state) = (CodeFlow.web(login), String(repeating: "&", count: 2000))
            let path = web.path(["state": state])
            #expect(ReturnPath(path) != nil && ReturnPath(path)?.query == nil)
            var browser = Browser(login)
            var page = try await browser.get(path)
            for (title, other) in [
                ("Sign in", "/signup/page"), ("Sign up", "/login/page"), ("Sign in", "/signup/page"),
            ] {
                #expect(page.status == 200 && page.text.contains("<h1>\(title)</h1>"))
                #expect(!page.text.contains(#"href="/signup"#) && !page.text.contains(#"href="/login"#))
                #expect(
                    page.headers[.contentSecurityPolicy]?.contains("form-action 'self' http://localhost:8090;") == true)
                let form = try #require(
                    page.text.firstMatch(of: /action="(\/\w+\/page)"[^?]*name="next" value="([^"]*)"/))
                #expect(form.1 == other && form.2.replacing("&amp;", with: "&") == path)
                page = try await browser.submit(other, ["next": path])
            }
            let signedUp = try await browser.submit(
                "/signup", ["username": "robert", "password": goodPassword, "next": path])
            #expect(signedUp.status == 303 && signedUp.headers[.location] == path)
            #expect(try await browser.get(path).text.contains("<h1>Allow Demo web?</h1>"))
            let allowed = try await browser.submit(path, ["decision": "allow"])
            #expect(web.redirect(allowed)?["state"] == state)
            for other in ["/login", "/signup"] {
                #expect(try await browser.submit("\(other)/page", ["next": path]).headers[.location] == path)
                #expect(try await browser.get("\(other)/page").headers[.location] == other)
            }
        }
    }

    @Test func `an app that was denied learns it, and is not remembered`() async throws {
        try await withSignedIn { login, browser in
            let flow = CodeFlow.web(login)
            _ = try await browser.get(flow.path())
            let denied = try await browser.submit(flow.path(), ["decision": "deny"])
            let parameters = try #require(flow.redirect(denied))
            #expect(parameters["error"] == "access_denied" && parameters["state"] == CodeFlow.state)
            #expect(parameters["iss"] == TokenMint.issuer && parameters["code"] == nil)
            #expect(try await login.rows("SELECT client_id FROM consents").isEmpty)
            for decision in ["", "Allow", "allow deny"] {
                let response = try await browser.submit(flow.path(), ["decision": decision])
                #expect(response.status == 400 && response.headers[.location] == nil)
            }
        }
    }

    @Test func `an allowed app gets a code, the state and the issuer in a redirect that is not stored`() async throws {
        try await withSignedIn { login, browser in
            let flow = CodeFlow.web(login)
            _ = try await browser.get(flow.path())
            let allowed = try await browser.submit(flow.path(), ["decision": "allow"])
            let parameters = try #require(flow.redirect(allowed))
            #expect(Set(parameters.keys) == ["code", "state", "iss"])
            #expect(parameters["state"] == CodeFlow.state && parameters["iss"] == TokenMint.issuer)
            #expect(parameters["code"]?.count == 43)
            #expect(allowed.headers[.cacheControl] == "no-store")
            #expect(allowed.headers[.referrerPolicy] == "no-referrer")
        }
    }

    @Test func `a confidential app is remembered for its scopes and services, and a public one never`() async throws {
        try await withSignedIn { login, browser in
            let web = CodeFlow.web(login)
            _ = try await web.code(&browser, ["scope": "orders:read inbox:read", "prompt": "consent"])
            for (changes, isAsked) in [
                (["scope": "orders:read inbox:read"], false), (["scope": "inbox:read"], false),
                (["scope": "orders:read", "resource": "http://localhost:8082"], false),
                (["scope": "orders:read orders:write"], true), ([:], true),
                (["scope": "orders:read", "prompt": "consent"], true),
                (["scope": "orders:read", "prompt": "login"], true),
            ] as [([String: String?], Bool)] {
                let response = try await browser.get(web.path(changes))
                #expect((response.status == 200) == isAsked, "\(changes)")
                #expect((web.redirect(response)?["code"] != nil) == !isAsked)
            }
            let silent = try await browser.get(web.path(["scope": "orders:read", "prompt": "none"]))
            #expect(web.redirect(silent)?["code"] != nil)
            let refused = try await browser.get(web.path(["prompt": "none"]))
            #expect(web.redirect(refused)?["error"] == "consent_required")

            let cli = CodeFlow.cli(login)
            _ = try await cli.code(&browser)
            #expect(try await browser.get(cli.path()).status == 200)
            let publicApp = try await browser.get(cli.path(["prompt": "none"]))
            #expect(cli.redirect(publicApp)?["error"] == "consent_required")
            var bob = Browser(login)
            try await bob.signIn("bob", DemoData.password)
            #expect(try await bob.get(web.path(["scope": "orders:read"])).status == 200)
        }
    }

    @Test func `a consent covers services that it names, and no others`() async throws {
        try await withSignedIn { login, browser in
            let web = CodeFlow.web(login)
            _ = try await web.code(&browser, ["resource": "http://localhost:8082"])
            let covered = try await browser.get(web.path(["resource": "http://localhost:8082"]))
            #expect(web.redirect(covered)?["code"] != nil)
            #expect(try await browser.get(web.path(["resource": "http://localhost:8083"])).status == 200)
            #expect(try await browser.get(web.path()).status == 200)
        }
    }

    @Test(
        arguments: [
            [.origin: "https://evil.example"], [.origin: "null"], [.secFetchSite: "cross-site"],
            [.origin: "http://localhost", .secFetchSite: "same-site"],
        ] as [HTTPFields])
    func `a consent from another origin is rejected, and so is one without the token of the browser`(
        from: HTTPFields
    ) async throws {
        try await withSignedIn { login, browser in
            let flow = CodeFlow.web(login)
            _ = try await browser.get(flow.path())
            let honest = browser.formHeaders
            browser.formHeaders = from
            #expect(try await browser.submit(flow.path(), ["decision": "allow"]).status == 403)
            browser.formHeaders = honest
            let token = browser.csrfToken
            var stranger = Browser(login)
            _ = try await stranger.get("/login")
            for wrong in ["", "x", stranger.csrfToken] {
                browser.csrfToken = wrong
                let response = try await browser.submit(flow.path(), ["decision": "allow"])
                #expect(response.status == 403 && response.headers[.location] == nil)
            }
            #expect(try await login.rows("SELECT hash FROM authorization_codes").isEmpty)
            browser.csrfToken = token
            let honestly = try await browser.submit(flow.path(), ["decision": "allow"])
            #expect(flow.redirect(honestly)?["code"] != nil)
        }
    }

    @Test func `a consent checks the request again`() async throws {
        try await withSignedIn { login, browser in
            let flow = CodeFlow.web(login)
            _ = try await browser.get(flow.path())
            let evil = flow.path(["redirect_uri": "https://evil.example/"])
            #expect(try await browser.submit(evil, ["decision": "allow"]).status == 400)
            let downgraded = flow.path(["code_challenge_method": nil])
            let response = try await browser.submit(downgraded, ["decision": "allow"])
            #expect(flow.redirect(response)?["error"] == "invalid_request")
            var stranger = Browser(login)
            _ = try await stranger.get("/login")
            let signedOut = try await stranger.submit(flow.path(), ["decision": "allow"])
            #expect(signedOut.status == 303 && signedOut.headers[.location] == flow.path())
        }
    }

    @Test func `the account page lists connected apps, and disconnecting one ends its sessions and its codes`()
        async throws
    {
        try await withSignedIn { login, browser in
            let (web, cli) = (CodeFlow.web(login), CodeFlow.cli(login))
            let tokens = try await web.redeem(web.code(&browser))
            let others = try await cli.redeem(cli.code(&browser))
            let unused = try await web.code(&browser)
            let page = try await browser.get("/account")
            for text in [
                "Connected apps", "Demo web", "Demo command line", "see your orders", "catalog, inbox, orders",
            ] {
                #expect(page.text.contains(text), "\(text)")
            }
            let response = try await browser.submit("/account/apps/disconnect", ["app": "demo-web"])
            #expect(response.headers[.location] == "/account?notice=app-disconnected")
            #expect(try await login.feed(after: 0).entries.map(\.id) == [tokens.sessionID])
            #expect(try await web.refresh(tokens.refreshToken)["error"] == "invalid_grant")
            #expect(try await web.redeem(unused)["error"] == "invalid_grant")
            #expect(try await cli.refresh(others.refreshToken).status == 200)
            #expect(try await !browser.get("/account").text.contains("<h3>Demo web</h3>"))
            #expect(try await browser.get(web.path()).status == 200)
            for app in ["demo-web", "", "x", "'"] {
                #expect(try await browser.submit("/account/apps/disconnect", ["app": app]).status == 404)
            }
        }
    }

    @Test func `removing a client ends the sessions of people at it with one entry`() async throws {
        try await withSignedIn { login, browser in
            let web = CodeFlow.web(login)
            let tokens = try await web.redeem(web.code(&browser))
            let (unused, stores) = (try await web.code(&browser), try Stores(in: login.folder))
            let clients = ClientStore(database: stores.database, sessions: stores.sessions)
            #expect(try await clients.remove("demo-web", at: login.clock.now))
            let entries = try await login.feed(after: 0).entries
            #expect(entries.map(\.kind) == ["client"] && entries.map(\.id) == ["demo-web"])
            #expect(try await login.introspect(tokens.accessToken).text == #"{"active":false}"#)
            #expect(try await web.redeem(unused)["error"] == "invalid_client")
            #expect(try await !browser.get("/account").text.contains("Demo web"))
            #expect(try await browser.isSignedIn())
        }
    }
}
