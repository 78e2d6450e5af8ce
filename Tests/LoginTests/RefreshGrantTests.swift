import Foundation
import HTTPTypes
import HummingbirdTesting
import ServiceRuntime
import TestSupport
import Testing

@testable import LoginService

@Suite struct RefreshGrantTests {
    @Test(arguments: [TestingSetup.router, .live])
    func `a refresh token is exchanged for new tokens of the same session`(setup: TestingSetup) async throws {
        try await LoginUnderTest.run(setup) { login in
            _ = try await login.signUp("alice")
            let first = try await login.signIn("alice", goodPassword, ["audience": "login orders"])
            login.clock.advance(seconds: 300)
            let second = try await login.refresh(first.refreshToken)
            #expect(second.status == 200 && second.headers[.cacheControl] == "no-store")
            #expect(second["refresh_token"] != first["refresh_token"])
            let (before, after) = (
                try payload(of: first.accessToken), try payload(of: second.accessToken)
            )
            for name in ["iss", "sub", "sid", "username", "scope"] {
                #expect(before[name] as? String == after[name] as? String)
            }
            #expect(after["aud"] as? [String] == ["login", "orders"])
            #expect(after["exp"] as? Int == 1_780_000_900)
            #expect(before["jti"] as? String != after["jti"] as? String)
        }
    }

    @Test func `a refresh can narrow the scope of one access token without narrowing the next`() async throws {
        try await LoginUnderTest.run { login in
            _ = try await login.signUp("alice")
            let first = try await login.signIn("alice", goodPassword, ["scope": "orders:read inbox:read"])
            let narrow = try await login.refresh(first.refreshToken, ["scope": "inbox:read"])
            #expect(narrow["scope"] == "inbox:read")
            let rejected = try await login.refresh(narrow.refreshToken, ["scope": "orders:write"])
            #expect(rejected.status == 400 && rejected["error"] == "invalid_scope")
            let wide = try await login.refresh(narrow.refreshToken)
            #expect(wide["scope"] == "orders:read inbox:read")
        }
    }

    @Test func `a refresh token that is reused after ten seconds ends the session`() async throws {
        try await LoginUnderTest.run { login in
            _ = try await login.signUp("alice")
            let first = try await login.signIn("alice")
            let second = try await login.refresh(first.refreshToken)
            login.clock.advance(seconds: 10)
            let again = try await login.refresh(first.refreshToken)
            #expect(again.status == 400 && again["error"] == "invalid_grant")
            #expect(try await login.refresh(second.refreshToken)["error"] == "invalid_grant")
            #expect(try await login.client.send(.get, "/me", token: second["access_token"]).status == 401)
        }
    }

    @Test func `an invalid or expired refresh token is an invalid grant`() async throws {
        try await LoginUnderTest.run(environment: ["REFRESH_TOKEN_TTL": "1000"]) { login in
            _ = try await login.signUp("alice")
            let response = try await login.signIn("alice")
            let access = try response.accessToken
            for token in [access, "x", RefreshToken().text, String(repeating: "A", count: 100_000), "é", "\u{0}"] {
                let rejected = try await login.refresh(token)
                #expect(rejected.status == 400 && rejected["error"] == "invalid_grant")
            }
            #expect(try await login.refresh("")["error"] == "invalid_request")
            login.clock.advance(seconds: 1000)
            #expect(try await login.refresh(response.refreshToken)["error"] == "invalid_grant")
        }
    }

    @Test func `the refresh token of a disabled account is an invalid grant`() async throws {
        try await LoginUnderTest.run { login in
            _ = try await login.signUp("alice")
            let response = try await login.signIn("alice")
            let accounts = try Stores(in: login.folder).accounts
            _ = try await accounts.setDisabled(true, "alice".username, at: login.clock.now)
            #expect(try await login.refresh(response.refreshToken)["error"] == "invalid_grant")
        }
    }

    @Test func `a throttled sign-in does not prevent a refresh`() async throws {
        try await LoginUnderTest.run { login in
            _ = try await login.signUp("alice")
            let response = try await login.signIn("alice")
            for _ in 1...10 { _ = try await login.signIn("alice", "a wrong password") }
            #expect(try await login.signIn("alice").status == 429)
            #expect(try await login.refresh(response.refreshToken).status == 200)
        }
    }
}
