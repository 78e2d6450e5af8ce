import Foundation
import HTTPTypes
import HummingbirdTesting
import ServiceRuntime
import TestSupport
import Testing

@testable import LoginService

@Suite struct AuthorizationRequestTests {
    @Test(
        arguments: [
            ["client_id": nil], ["client_id": "nobody"], ["client_id": "DEMO-WEB"], ["client_id": ""],
            ["client_id": "demo-cli"], ["client_id": "demo-job"], ["redirect_uri": nil], ["redirect_uri": ""],
            ["redirect_uri": "https://evil.example/callback"], ["redirect_uri": "//evil.example"],
            ["redirect_uri": "http://localhost:8090/callback/"], ["redirect_uri": "http://localhost:8090/callback?x"],
            ["redirect_uri": "http://localhost:8090/callback#x"], ["redirect_uri": "http://localhost:8090/%63allback"],
            ["redirect_uri": "http://localhost:8091/callback"], ["redirect_uri": "http://LOCALHOST:8090/callback"],
            ["redirect_uri": "http://user@localhost:8090/callback"], ["redirect_uri": "http://127.0.0.1:8090/callback"],
            ["redirect_uri": "http://localhost:8090@evil.example/callback"], ["redirect_uri": "javascript:alert(1)"],
            ["redirect_uri": "http://localhost:8090/callback\r\nX: y"],
            ["redirect_uri": "http://localhost:8090/callback\u{0}"],
            ["client_id": String(repeating: "x", count: 3000)],
        ] as [[String: String?]])
    func `an unknown client or redirect URI gets an error page and no redirect`(changes: [String: String?]) async throws
    {
        try await LoginUnderTest.runDemo { login in
            var browser = Browser(login)
            for isSignedIn in [false, true] {
                if isSignedIn { try await browser.signIn("alice", DemoData.password) }
                let response = try await browser.get(CodeFlow.web(login).path(changes))
                #expect(response.status == 400 && response.headers[.location] == nil)
                #expect(response.headers[.contentType]?.hasPrefix("text/html") == true)
                #expect(!response.text.contains("evil.example"))
            }
        }
    }

    @Test(arguments: ["client_id=demo-web", "redirect_uri=http%3A%2F%2Flocalhost%3A8090%2Fcallback"])
    func `a repeated client or redirect URI gets an error page`(parameter: String) async throws {
        try await LoginUnderTest.runDemo { login in
            var browser = Browser(login)
            let response = try await browser.get(CodeFlow.web(login).path([:], "&\(parameter)"))
            #expect(response.status == 400 && response.headers[.location] == nil)
        }
    }

    @Test(
        arguments: [
            (["response_type": nil], "invalid_request"), (["response_type": "token"], "unsupported_response_type"),
            (["response_type": "code token"], "unsupported_response_type"),
            (["response_type": "code id_token"], "unsupported_response_type"),
            (["response_type": "CODE"], "unsupported_response_type"),
            (["response_mode": "fragment"], "invalid_request"), (["response_mode": "form_post"], "invalid_request"),
            (["code_challenge": nil], "invalid_request"), (["code_challenge": ""], "invalid_request"),
            (["code_challenge": "x"], "invalid_request"), (["code_challenge_method": nil], "invalid_request"),
            (["code_challenge_method": "plain"], "invalid_request"),
            (["code_challenge_method": "s256"], "invalid_request"),
            (["code_challenge": nil, "code_challenge_method": nil], "invalid_request"),
            (["code_challenge": String(repeating: "A", count: 44)], "invalid_request"),
            (["code_challenge": String(repeating: "+", count: 43)], "invalid_request"),
            (["scope": "catalog:write"], "invalid_scope"), (["scope": "orders:read  inbox:read"], "invalid_scope"),
            (["scope": "orders:read orders:read"], "invalid_scope"), (["scope": "é"], "invalid_scope"),
            (["resource": "http://localhost:8080"], "invalid_target"), (["resource": "orders"], "invalid_target"),
            (["resource": "http://localhost:8082/"], "invalid_target"),
            (["resource": "http://localhost:8082#x"], "invalid_target"),
            (["prompt": "none"], "login_required"), (["prompt": "none login"], "invalid_request"),
        ] as [([String: String?], String)])
    func `every other error is sent to the client, with its state and the issuer`(
        changes: [String: String?], error: String
    ) async throws {
        try await LoginUnderTest.runDemo { login in
            let flow = CodeFlow.web(login)
            let response = try await login.client.send(.get, flow.path(changes))
            let parameters = try #require(flow.redirect(response))
            #expect(parameters["error"] == error && parameters["code"] == nil)
            #expect(parameters["state"] == CodeFlow.state && parameters["iss"] == TokenMint.issuer)
            #expect(response.headers[.cacheControl] == "no-store")
            #expect(response.headers[.referrerPolicy] == "no-referrer")
        }
    }

    @Test(arguments: [
        "&state=again", "&state=", "&scope=orders%3Aread&scope=inbox%3Aread", "&code_challenge_method=plain",
        "&code_challenge=x", "&response_type=code", "&x=%zz", "&%zz=x", "&x=%00", "&x=%FF", "&unknown=1&unknown=2",
        "&prompt=none&prompt=none",
    ])
    func `a repeated or malformed parameter is sent to the client as an invalid request`(more: String) async throws {
        try await LoginUnderTest.runDemo { login in
            let flow = CodeFlow.web(login)
            let response = try await login.client.send(.get, flow.path([:], more))
            let parameters = try #require(flow.redirect(response))
            #expect(parameters["error"] == "invalid_request")
            #expect(parameters["state"] == (more.hasPrefix("&state") ? nil : CodeFlow.state))
        }
    }

    @Test func `a client without the grant of codes is told so`() async throws {
        try await LoginUnderTest.run { login in
            let stores = try Stores(in: login.folder)
            let client = Client(
                id: "job", name: try #require(ClientName("Job")), secretHash: ClientSecret("s").hash,
                grantTypes: [.clientCredentials], scope: .customer, audience: ["orders"],
                redirectURIs: [try #require(RedirectURI("https://job.example/"))])
            _ = try await ClientStore(database: stores.database, sessions: stores.sessions)
                .add(client, at: login.clock.now)
            let flow = CodeFlow(login: login, id: "job", secret: "s", redirectURI: "https://job.example/")
            let response = try await login.client.send(.get, flow.path())
            #expect(flow.redirect(response)?["error"] == "unauthorized_client")
        }
    }

    @Test func `unknown parameters are ignored, and empty ones count as missing`() async throws {
        try await LoginUnderTest.runDemo { login in
            var browser = Browser(login)
            try await browser.signIn("alice", DemoData.password)
            let flow = CodeFlow.web(login)
            for more in ["&nonce=n&display=page&request=x&claims=%7B%7D", "&scope=&resource=&prompt=", "&&&"] {
                let page = try await browser.get(flow.path([:], more))
                #expect(page.status == 200 && page.text.contains("Allow Demo web?"))
            }
            #expect(try await browser.get(flow.path(["response_mode": "query", "prompt": "unheard_of"])).status == 200)
        }
    }

    @Test func `scopes that the account lacks are left out, and nothing left is an error`() async throws {
        try await LoginUnderTest.runDemo { login in
            let accounts = try Stores(in: login.folder).accounts
            _ = try await accounts.revoke(Scope(names: ["orders:write"]), from: "bob".username)
            let flow = CodeFlow.web(login)
            let tokens = try await flow.signedIn("bob", ["scope": "orders:write orders:read"])
            #expect(tokens["scope"] == "orders:read")
            var browser = Browser(login)
            try await browser.signIn("bob", DemoData.password)
            let response = try await browser.get(flow.path(["scope": "orders:write"]))
            #expect(flow.redirect(response)?["error"] == "invalid_scope")
        }
    }

    @Test func `the port of a loopback redirect URI is that of the request`() async throws {
        try await LoginUnderTest.runDemo { login in
            for uri in ["http://127.0.0.1:1/callback", "http://127.0.0.1:65535/callback", "http://127.0.0.1/callback"] {
                var flow = CodeFlow.cli(login)
                flow.redirectURI = uri
                let response = try await login.client.send(.get, flow.path(["response_type": nil]))
                #expect(response.headers[.location]?.hasPrefix("\(uri)?error=") == true)
            }
            for uri in [
                "http://localhost:1/callback", "http://[::1]:1/callback", "http://127.0.0.1:0/callback",
                "http://127.0.0.1:1/other", "http://127.0.0.1:1@evil.example/callback", "https://127.0.0.1:1/callback",
                "http://127.0.0.2:1/callback", "http://127.1:1/callback", "http://2130706433:1/callback",
            ] {
                var flow = CodeFlow.cli(login)
                flow.redirectURI = uri
                let response = try await login.client.send(.get, flow.path(["response_type": nil]))
                #expect(response.status == 400 && response.headers[.location] == nil)
            }
        }
    }
}
