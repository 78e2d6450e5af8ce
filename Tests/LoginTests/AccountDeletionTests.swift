import Database
import HTTPTypes
import HummingbirdTesting
import TestSupport
import Testing

@testable import LoginService

@Suite struct AccountDeletionTests {
    @Test func `deleting an account removes its sessions and tokens and frees its name`() async throws {
        try await LoginUnderTest.run { login in
            let id = try #require(try await login.signUp("alice")["account_id"])
            let response = try await login.signIn("alice")
            _ = try await login.refresh(response.refreshToken)
            let other = try await login.signedUp("robert")
            #expect(try await login.deleteAccount(response.accessToken, password: "a wrong password").status == 403)
            #expect(try await login.me(response.accessToken) == 200)
            #expect(try await login.deleteAccount(response.accessToken, password: goodPassword).status == 204)
            #expect(try await login.me(response.accessToken) == 401)
            #expect(try await login.refresh(response.refreshToken).status == 400)
            #expect(try await login.introspect(response.accessToken).text == "{\"active\":false}")
            let entry = Feed.Entry(kind: "account", id: id, before: 1_780_000_001, exp: 1_780_000_900)
            #expect(try await login.feed(after: 0).entries == [entry])
            for table in ["accounts", "sessions", "refresh_tokens"] {
                #expect(try await login.rows("SELECT 1 AS one FROM \(table)").count == 1)
            }
            #expect(try await login.me(other.accessToken) == 200)
            let again = try await login.signUp("alice")
            #expect(again.status == 201 && again["account_id"] != id)
            #expect(try await login.me(response.accessToken) == 401)
        }
    }

    @Test func `an account is deleted only with a session and its password`() async throws {
        try await LoginUnderTest.run { login in
            let token = try await login.signedUp().accessToken
            #expect(try await login.client.send(.delete, "/me", token: token, json: "{}").status == 422)
            _ = try await login.client.send(.post, "/logout", token: token)
            #expect(try await login.deleteAccount(token, password: goodPassword).status == 401)
            #expect(try await login.signIn("alice").status == 200)
        }
    }
}
