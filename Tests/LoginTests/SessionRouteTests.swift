import Foundation
import HTTPTypes
import HummingbirdTesting
import JWT
import ServiceRuntime
import TestSupport
import Testing

@testable import LoginService

@Suite struct SessionRouteTests {
    @Test(arguments: [TestingSetup.router, .live])
    func `I am told who I am and how long my session lasts`(setup: TestingSetup) async throws {
        try await LoginUnderTest.run(setup) { login in
            let account = try await login.signUp("alice")["account_id"]
            let token = try present(
                try await login.signIn("alice", goodPassword, ["scope": "inbox:read"])["access_token"])
            let me = try await login.client.send(.get, "/me", token: token)
            #expect(me.status == 200)
            #expect(me["account_id"] == account && me["username"] == "alice" && me["scope"] == "inbox:read")
            let session = try present(me.json["session"] as? [String: String])
            #expect(session["id"] == (try segment(1, of: token)["sid"] as? String))
            #expect(session["created_at"] == login.clock.now.rfc3339)
            #expect(session["expires_at"] == (login.clock.now + 14 * 86_400).rfc3339)
        }
    }

    @Test func `without a token, with an expired one, or one for another service, I am nobody`() async throws {
        try await LoginUnderTest.run { login in
            let none = try await login.client.send(.get, "/me")
            #expect(none.status == 401 && none.headers[.wwwAuthenticate] == "Bearer realm=\"login\"")
            let foreign = try login.tokens.user(UUID(), audience: "orders", scope: "")
            #expect(try await login.client.send(.get, "/me", token: foreign).status == 401)
            _ = try await login.signUp("alice")
            let token = try await login.signIn("alice")["access_token"]
            login.clock.advance(seconds: 600)
            let expired = try await login.client.send(.get, "/me", token: token)
            #expect(expired.status == 401 && expired.code == "token_expired")
        }
    }

    @Test func `a token whose session is not here is refused`() async throws {
        try await LoginUnderTest.run { login in
            var claims = login.tokens.userClaims(UUID(), audience: "login", scope: "orders:read")
            for sessionID in [claims.sessionID, nil, "x", "'"] {
                claims.sessionID = sessionID
                let token = try login.tokens.sign(claims)
                let response = try await login.client.send(.get, "/me", token: token)
                #expect(response.status == 401 && response.code == "invalid_token")
                #expect(response.headers[.wwwAuthenticate]?.contains("error=\"invalid_token\"") == true)
            }
        }
    }

    @Test func `logging out ends this session and no other`() async throws {
        try await LoginUnderTest.run { login in
            _ = try await login.signUp("alice")
            let (here, there) = (try await login.signIn("alice"), try await login.signIn("alice"))
            for _ in 1...2 {
                #expect(try await login.client.send(.post, "/logout", token: here["access_token"]).status == 204)
            }
            #expect(try await login.client.send(.get, "/me", token: here["access_token"]).status == 401)
            #expect(try await login.refresh(present(here["refresh_token"]))["error"] == "invalid_grant")
            #expect(try await login.client.send(.get, "/me", token: there["access_token"]).status == 200)
            #expect(try await login.rows("SELECT id FROM sessions WHERE ended_at IS NULL").count == 1)
        }
    }

    @Test func `logging out everywhere ends all of mine, and nobody else's`() async throws {
        try await LoginUnderTest.run { login in
            for name in ["alice", "bob"] { _ = try await login.signUp(name) }
            let mine = [try await login.signIn("alice"), try await login.signIn("alice")]
            let other = try await login.signIn("bob")
            let token = mine[0]["access_token"]
            #expect(try await login.client.send(.post, "/logout?everywhere=maybe", token: token).status == 422)
            #expect(try await login.client.send(.post, "/logout?everywhere=true", token: token).status == 204)
            for response in mine {
                #expect(try await login.client.send(.get, "/me", token: response["access_token"]).status == 401)
            }
            #expect(try await login.client.send(.get, "/me", token: other["access_token"]).status == 200)
            #expect(try await login.client.send(.post, "/logout").status == 401)
        }
    }
}

@Suite struct DiscoveryTests {
    @Test func `the metadata names what there is`() async throws {
        try await LoginUnderTest.run(environment: ["JWT_ISSUER": "https://login.example/"]) { login in
            let response = try await login.client.send(.get, "/.well-known/oauth-authorization-server")
            #expect(response.status == 200)
            #expect(response["issuer"] == "https://login.example/")
            #expect(response["token_endpoint"] == "https://login.example/token")
            #expect(response.json["grant_types_supported"] as? [String] == ["password", "refresh_token"])
            #expect(response.json["response_types_supported"] as? [String] == [])
            #expect(response.json["token_endpoint_auth_methods_supported"] as? [String] == ["none"])
        }
    }
}

@Suite struct LoginSettingsTests {
    @Test(arguments: [
        ("ACCESS_TOKEN_TTL", "604801"), ("ACCESS_TOKEN_TTL", "0"), ("ACCESS_TOKEN_TTL", "x"),
        ("REFRESH_TOKEN_TTL", "-1"),
        ("TOKEN_AUDIENCES", ","), ("TOKEN_AUDIENCES", "login login"), ("DEMO_DATA", "yes"), ("JWT_SECRET", "secret"),
        ("DATABASE_URL", "mysql://x"),
    ])
    func `a faulty variable is named`(variable: String, value: String) async throws {
        let error = await #expect(throws: Settings.Faults.self) {
            try await LoginUnderTest.application(environment: [variable: value])
        }
        #expect(error?.faults.map(\.variable) == [variable])
    }

    @Test func `all faults are reported together`() async throws {
        let faulty = ["PORT": "x", "ACCESS_TOKEN_TTL": "x", "DEMO_DATA": "x", "JWT_SECRET": "", "DATABASE_URL": "x:"]
        let error = await #expect(throws: Settings.Faults.self) {
            try await LoginUnderTest.application(environment: faulty)
        }
        let variables = Set((error?.faults ?? []).map(\.variable))
        #expect(variables.isSuperset(of: ["PORT", "ACCESS_TOKEN_TTL", "DEMO_DATA"]))
    }

    @Test func `the life of a token is what is configured`() async throws {
        try await LoginUnderTest.run(environment: ["ACCESS_TOKEN_TTL": "60", "TOKEN_AUDIENCES": "login,shop"]) {
            login in
            _ = try await login.signUp("alice")
            let response = try await login.signIn("alice")
            #expect(response.json["expires_in"] as? Int == 60)
            let claims = try segment(1, of: present(response["access_token"]))
            #expect(claims["exp"] as? Int == 1_780_000_060)
            #expect(claims["aud"] as? [String] == ["login", "shop"])
        }
    }
}
