import Foundation
import HTTPTypes
import HummingbirdTesting
import ServiceRuntime
import TestSupport
import Testing

@testable import LoginService

@Suite struct AuthorizationCodeTests {
    @Test func `a code and its verifier give the tokens of a session of the client`() async throws {
        try await LoginUnderTest.runDemo { login in
            for flow in [CodeFlow.web(login), .cli(login)] {
                let response = try await flow.signedIn()
                #expect(response.status == 200 && response.headers[.cacheControl] == "no-store")
                #expect(
                    response["token_type"] == "Bearer" && response["scope"] == "orders:read orders:write inbox:read")
                let claims = try payload(of: response.accessToken)
                #expect(claims["client_id"] as? String == flow.id && claims["username"] as? String == "alice")
                #expect(claims["aud"] as? [String] == ["catalog", "orders", "inbox"])
                #expect(claims["sub"] as? String == response["account_id"] && claims["sid"] != nil)
                #expect(try response.accessToken.utf8.count < 1024)
                let renewed = try await flow.refresh(response.refreshToken)
                #expect(renewed.status == 200)
                #expect(try payload(of: renewed.accessToken)["client_id"] as? String == flow.id)
                #expect(try payload(of: renewed.accessToken)["aud"] as? [String] == ["catalog", "orders", "inbox"])
            }
        }
    }

    @Test func `a request for fewer scopes and services gives a narrow session`() async throws {
        try await LoginUnderTest.runDemo { login in
            let flow = CodeFlow.web(login)
            var browser = Browser(login)
            try await browser.signIn("alice", DemoData.password)
            let more =
                "&scope=orders%3Aread&resource=http%3A%2F%2Flocalhost%3A8082&resource=http%3A%2F%2Flocalhost%3A8083"
            _ = try await browser.get(flow.path([:], more))
            let allowed = try await browser.submit(flow.path([:], more), ["decision": "allow"])
            let code = try #require(flow.redirect(allowed)?["code"])
            let foreign = try await flow.redeem(code, [("resource", "http://localhost:8081")])
            #expect(foreign.status == 400 && foreign["error"] == "invalid_target")
            let response = try await flow.redeem(code, [("resource", "http://localhost:8082")])
            #expect(response.status == 200 && response["scope"] == "orders:read")
            #expect(try payload(of: response.accessToken)["aud"] as? String == "orders")
            let renewed = try await flow.refresh(response.refreshToken)
            #expect(try payload(of: renewed.accessToken)["aud"] as? [String] == ["orders", "inbox"])
            let narrow = try await flow.refresh(
                renewed.refreshToken, [("resource", "http://localhost:8083"), ("scope", "orders:read")])
            #expect(try payload(of: narrow.accessToken)["aud"] as? String == "inbox")
            for (name, value, error) in [
                ("resource", "http://localhost:8081", "invalid_target"), ("audience", "catalog", "invalid_target"),
                ("scope", "inbox:read", "invalid_scope"),
            ] {
                let rejected = try await flow.refresh(narrow.refreshToken, [(name, value)])
                #expect(rejected.status == 400 && rejected["error"] == error)
            }
        }
    }

    @Test func `a scope that the account loses before its code is redeemed is not in the token`() async throws {
        try await LoginUnderTest.runDemo { login in
            let (web, stores) = (CodeFlow.web(login), try Stores(in: login.folder))
            var browser = Browser(login)
            try await browser.signIn("alice", DemoData.password)
            let codes = [
                try await web.code(&browser, ["scope": "orders:read inbox:read"]),
                try await web.code(&browser, ["scope": "inbox:read"]),
            ]
            _ = try await stores.accounts.revoke(Scope(names: ["inbox:read"]), from: "alice".username)
            let tokens = try await web.redeem(codes[0])
            #expect(tokens["scope"] == "orders:read")
            #expect(try payload(of: tokens.accessToken)["scope"] as? String == "orders:read")
            #expect(try await web.redeem(codes[1])["error"] == "invalid_grant")
        }
    }

    @Test func `a wrong verifier leaves the code alive, and the fifth one kills it`() async throws {
        try await LoginUnderTest.runDemo { login in
            let flow = CodeFlow.cli(login)
            var browser = Browser(login)
            try await browser.signIn("alice", DemoData.password)
            for (wrongVerifiers, status) in [(CodeStore.maximumWrongVerifiers - 1, 200), (5, 400)] {
                let code = try await flow.code(&browser)
                for index in 1...wrongVerifiers {
                    let verifier = index == 1 ? flow.challenge : String(repeating: "x", count: index == 2 ? 1 : 60)
                    let response = try await flow.redeem(code, verifier: verifier)
                    #expect(response.status == 400 && response["error"] == "invalid_grant")
                }
                #expect(try await flow.redeem(code).status == status)
            }
        }
    }

    @Test func `a code is worth nothing without its verifier, its redirect URI or its client`() async throws {
        try await LoginUnderTest.runDemo { login in
            let (web, cli) = (CodeFlow.web(login), CodeFlow.cli(login))
            var browser = Browser(login)
            try await browser.signIn("alice", DemoData.password)
            let code = try await web.code(&browser)
            for name in ["code", "redirect_uri", "code_verifier"] {
                let fields = [
                    ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", web.redirectURI),
                    ("code_verifier", web.verifier),
                ].filter { $0.0 != name }
                let response = try await web.token(fields)
                #expect(response.status == 400 && response["error"] == "invalid_request")
            }
            for uri in [cli.redirectURI, "http://localhost:8090/callback?", "x"] {
                #expect(try await web.redeem(code, redirectURI: uri)["error"] == "invalid_grant")
            }
            #expect(try await cli.redeem(code, redirectURI: web.redirectURI)["error"] == "invalid_grant")
            for text in ["x", "", code + "A", RefreshToken().text] {
                let error = text.isEmpty ? "invalid_request" : "invalid_grant"
                #expect(try await web.redeem(text)["error"] == error)
            }
            #expect(try await web.redeem(code).status == 200)
        }
    }

    @Test func `the second use of a code ends its session at every service`() async throws {
        try await LoginUnderTest.runDemo { login in
            for flow in [CodeFlow.web(login), .cli(login)] {
                var browser = Browser(login)
                try await browser.signIn("alice", DemoData.password)
                let code = try await flow.code(&browser)
                let tokens = try await flow.redeem(code)
                login.clock.advance(seconds: 100)
                let again = try await flow.redeem(code)
                #expect(again.status == 400 && again["error"] == "invalid_grant")
                #expect(try await login.feed(after: 0).entries.last?.id == tokens.sessionID)
                #expect(try await flow.refresh(tokens.refreshToken).status == 400)
                #expect(try await browser.isSignedIn())
            }
        }
    }

    @Test func `nobody ends the session of a code without its verifier and its client`() async throws {
        try await LoginUnderTest.runDemo { login in
            let (web, cli) = (CodeFlow.web(login), CodeFlow.cli(login))
            var browser = Browser(login)
            try await browser.signIn("alice", DemoData.password)
            let code = try await web.code(&browser)
            let tokens = try await web.redeem(code)
            for _ in 1...CodeStore.maximumWrongVerifiers + 1 {
                _ = try await web.redeem(code, verifier: web.challenge)
                _ = try await cli.redeem(code, redirectURI: web.redirectURI)
            }
            #expect(try await login.feed(after: 0).entries.isEmpty)
            #expect(try await web.refresh(tokens.refreshToken).status == 200)
        }
    }

    @Test func `twenty redemptions at once have one success`() async throws {
        try await LoginUnderTest.runDemo { login in
            let flow = CodeFlow.web(login)
            var browser = Browser(login)
            try await browser.signIn("alice", DemoData.password)
            let code = try await flow.code(&browser)
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 1...20 { group.addTask { try await flow.redeem(code).status } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.count { $0 == 200 } == 1 && statuses.count { $0 == 400 } == 19)
            #expect(try await login.rows("SELECT id FROM sessions WHERE client_id = 'demo-web'").count == 1)
        }
    }

    @Test func `a code lives for a minute, and expired codes are removed`() async throws {
        try await LoginUnderTest.runDemo { login in
            let flow = CodeFlow.cli(login)
            var browser = Browser(login)
            try await browser.signIn("alice", DemoData.password)
            let (first, second) = (try await flow.code(&browser), try await flow.code(&browser))
            login.clock.advance(seconds: 59)
            #expect(try await flow.redeem(first).status == 200)
            login.clock.advance(seconds: 1)
            #expect(try await flow.redeem(second)["error"] == "invalid_grant")
            _ = try await flow.code(&browser)
            #expect(try await login.rows("SELECT hash FROM authorization_codes").count == 2)
        }
    }

    @Test func `a code dies with the session of the browser, with the account and with its client`() async throws {
        try await LoginUnderTest.runDemo { login in
            let flow = CodeFlow.web(login)
            let stores = try Stores(in: login.folder)
            let ends: [@Sendable (inout Browser) async throws -> Void] = [
                { _ = try await $0.submit("/account/sign-out") },
                { _ in _ = try await stores.accounts.setDisabled(true, "alice".username, at: login.clock.now) },
                { _ in
                    _ = try await stores.accounts.setDisabled(false, "alice".username, at: login.clock.now)
                    let clients = ClientStore(database: stores.database, sessions: stores.sessions)
                    _ = try await clients.remove("demo-web", at: login.clock.now)
                    try await DemoClients.add(to: clients, at: login.clock.now)
                },
            ]
            for end in ends {
                _ = try await stores.accounts.setDisabled(false, "alice".username, at: login.clock.now)
                var browser = Browser(login)
                try await browser.signIn("alice", DemoData.password)
                let code = try await flow.code(&browser)
                _ = try await browser.get("/account")
                try await end(&browser)
                #expect(try await flow.redeem(code)["error"] == "invalid_grant")
            }
        }
    }

    @Test func `the tokens of one client are worth nothing to another`() async throws {
        try await LoginUnderTest.runDemo { login in
            let (web, cli) = (CodeFlow.web(login), CodeFlow.cli(login))
            let (tokens, first) = (try await web.signedIn(), try await login.signIn("alice", DemoData.password))
            #expect(try await cli.refresh(tokens.refreshToken)["error"] == "invalid_grant")
            #expect(try await login.refresh(tokens.refreshToken)["error"] == "invalid_grant")
            #expect(try await web.refresh(first.refreshToken)["error"] == "invalid_grant")
            for token in [try tokens.refreshToken, try tokens.accessToken] {
                #expect(try await cli.post("/revoke", [("token", token)]).status == 200)
                #expect(try await login.revoke(token).status == 200)
            }
            for token in [try first.refreshToken, try first.accessToken] {
                #expect(try await web.post("/revoke", [("token", token)]).status == 200)
            }
            #expect(try await login.feed(after: 0).entries.isEmpty)
            let next = try await web.refresh(tokens.refreshToken)
            #expect(next.status == 200)
            #expect(try await login.refresh(first.refreshToken).status == 200)
            // A used token that another client presents does not end the session.
            login.clock.advance(seconds: 60)
            #expect(try await cli.refresh(tokens.refreshToken).status == 400)
            #expect(try await web.refresh(next.refreshToken).status == 200)
        }
    }

    @Test func `a client introspects and revokes its own tokens`() async throws {
        try await LoginUnderTest.runDemo { login in
            let web = CodeFlow.web(login)
            let tokens = try await web.signedIn()
            let own = try await web.post("/introspect", [("token", try tokens.accessToken)])
            #expect(own.json["active"] as? Bool == true && own["client_id"] == "demo-web")
            #expect(own["username"] == "alice")
            let job = ("demo-job", DemoClients.secret)
            #expect(try await login.introspect(tokens.accessToken, as: job).text == #"{"active":false}"#)
            #expect(try await login.introspect(tokens.accessToken, by: "orders")["client_id"] == "demo-web")
            #expect(try await web.post("/revoke", [("token", try tokens.accessToken)]).status == 200)
            #expect(try await web.post("/introspect", [("token", try tokens.accessToken)]).text == #"{"active":false}"#)
            #expect(try await web.post("/revoke", [("token", try tokens.refreshToken)]).status == 200)
            #expect(try await web.refresh(tokens.refreshToken)["error"] == "invalid_grant")
        }
    }

    @Test func `a client without the grant of refresh tokens gets a session for one access token`() async throws {
        try await LoginUnderTest.runDemo { login in
            let stores = try Stores(in: login.folder)
            let client = Client(
                id: "once", name: try #require(ClientName("Once")), secretHash: nil, grantTypes: [.authorizationCode],
                scope: .customer, audience: ["orders"],
                redirectURIs: [try #require(RedirectURI("https://once.example/"))])
            _ = try await ClientStore(database: stores.database, sessions: stores.sessions)
                .add(client, at: login.clock.now)
            let flow = CodeFlow(login: login, id: "once", secret: nil, redirectURI: "https://once.example/")
            let tokens = try await flow.signedIn()
            #expect(tokens.status == 200 && tokens.json["refresh_token"] == nil && tokens.expiresIn == 600)
        }
    }

    @Test func `the token of a registered client cannot manage the account`() async throws {
        try await LoginUnderTest.runDemo(environment: ["TOKEN_AUDIENCES": "login orders"]) { login in
            let stores = try Stores(in: login.folder)
            let client = Client(
                id: "app", name: try #require(ClientName("App")), secretHash: nil, grantTypes: [.authorizationCode],
                scope: .customer, audience: ["login"], redirectURIs: [try #require(RedirectURI("https://app.example/"))]
            )
            _ = try await ClientStore(database: stores.database, sessions: stores.sessions)
                .add(client, at: login.clock.now)
            let flow = CodeFlow(login: login, id: "app", secret: nil, redirectURI: "https://app.example/")
            let token = try await flow.signedIn().accessToken
            #expect(try await login.me(token) == 200)
            for (method, path) in [
                (HTTPRequest.Method.post, "/logout"), (.get, "/sessions"), (.delete, "/sessions/x"),
                (.post, "/password"),
                (.delete, "/me"), (.get, "/api-tokens"), (.post, "/api-tokens"), (.delete, "/api-tokens/x"),
            ] {
                let response = try await login.client.send(method, path, token: token)
                #expect(response.status == 403 && response.code == "first_party_only")
            }
        }
    }
}
