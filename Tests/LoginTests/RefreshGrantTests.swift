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
            let second = try await login.refresh(present(first["refresh_token"]))
            #expect(second.status == 200 && second.headers[.cacheControl] == "no-store")
            #expect(second["refresh_token"] != first["refresh_token"])
            let (before, after) = (
                try segment(1, of: present(first["access_token"])), try segment(1, of: present(second["access_token"]))
            )
            for name in ["iss", "sub", "sid", "username", "scope"] {
                #expect(before[name] as? String == after[name] as? String)
            }
            #expect(after["aud"] as? [String] == ["login", "orders"])
            #expect(after["exp"] as? Int == 1_780_000_900)
            #expect(before["jti"] as? String != after["jti"] as? String)
        }
    }

    @Test func `the scope of an access token can be narrowed, and the next one has it all again`() async throws {
        try await LoginUnderTest.run { login in
            _ = try await login.signUp("alice")
            let first = try await login.signIn("alice", goodPassword, ["scope": "orders:read inbox:read"])
            let narrow = try await login.refresh(present(first["refresh_token"]), ["scope": "inbox:read"])
            #expect(narrow["scope"] == "inbox:read")
            let refused = try await login.refresh(present(narrow["refresh_token"]), ["scope": "orders:write"])
            #expect(refused.status == 400 && refused["error"] == "invalid_scope")
            let wide = try await login.refresh(present(narrow["refresh_token"]))
            #expect(wide["scope"] == "orders:read inbox:read")
        }
    }

    @Test func `a token that is used twice ends the session`() async throws {
        try await LoginUnderTest.run { login in
            _ = try await login.signUp("alice")
            let first = try await login.signIn("alice")
            let second = try await login.refresh(present(first["refresh_token"]))
            login.clock.advance(seconds: 10)
            let again = try await login.refresh(present(first["refresh_token"]))
            #expect(again.status == 400 && again["error"] == "invalid_grant")
            #expect(try await login.refresh(present(second["refresh_token"]))["error"] == "invalid_grant")
            #expect(try await login.client.send(.get, "/me", token: second["access_token"]).status == 401)
        }
    }

    @Test func `what is no refresh token of a living session is an invalid grant`() async throws {
        try await LoginUnderTest.run(environment: ["REFRESH_TOKEN_TTL": "1000"]) { login in
            _ = try await login.signUp("alice")
            let response = try await login.signIn("alice")
            let access = try present(response["access_token"])
            for token in [access, "x", RefreshToken().text, String(repeating: "A", count: 100_000), "é", "\u{0}"] {
                let refused = try await login.refresh(token)
                #expect(refused.status == 400 && refused["error"] == "invalid_grant")
            }
            #expect(try await login.refresh("")["error"] == "invalid_request")
            login.clock.advance(seconds: 1000)
            #expect(try await login.refresh(present(response["refresh_token"]))["error"] == "invalid_grant")
        }
    }

    @Test func `a disabled account's refresh token is refused`() async throws {
        try await LoginUnderTest.run { login in
            _ = try await login.signUp("alice")
            let response = try await login.signIn("alice")
            let accounts = AccountStore(database: try login.folder.openDatabase())
            _ = try await accounts.setDisabled(true, "alice".username, at: login.clock.now)
            #expect(try await login.refresh(present(response["refresh_token"]))["error"] == "invalid_grant")
        }
    }

    @Test func `a sign-in that is put off does not keep the signed-in from refreshing`() async throws {
        try await LoginUnderTest.run { login in
            _ = try await login.signUp("alice")
            let response = try await login.signIn("alice")
            for _ in 1...10 { _ = try await login.signIn("alice", "a wrong password") }
            #expect(try await login.signIn("alice").status == 429)
            #expect(try await login.refresh(present(response["refresh_token"])).status == 200)
        }
    }
}
