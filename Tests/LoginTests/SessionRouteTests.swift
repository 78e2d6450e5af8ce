import Foundation
import HTTPTypes
import HummingbirdTesting
import JWT
import ServiceRuntime
import TestSupport
import Testing

@testable import LoginService

@Suite struct SessionRouteTests {
    private struct Profile: Decodable {
        struct Session: Decodable {
            let id, createdAt, expiresAt: String
        }
        let accountId, username, scope: String
        let session: Session
    }

    @Test(arguments: [TestingSetup.router, .live])
    func `the profile names the account, its scope and its session`(setup: TestingSetup) async throws {
        try await LoginUnderTest.run(setup) { login in
            let account = try await login.signUp("alice")["account_id"]
            let signIn = try await login.signIn("alice", goodPassword, ["scope": "inbox:read"])
            let response = try await login.client.send(.get, "/me", token: signIn.accessToken)
            #expect(response.status == 200)
            let profile = try response.decoded(as: Profile.self)
            #expect(profile.accountId == account && profile.username == "alice" && profile.scope == "inbox:read")
            #expect(try profile.session.id == signIn.sessionID)
            #expect(profile.session.createdAt == login.clock.now.rfc3339)
            #expect(profile.session.expiresAt == (login.clock.now + 14 * 86_400).rfc3339)
        }
    }

    @Test func `a missing, expired or foreign token is rejected`() async throws {
        try await LoginUnderTest.run { login in
            let missing = try await login.client.send(.get, "/me")
            #expect(
                missing.status == 401
                    && missing.headers[.wwwAuthenticate]?.hasPrefix(#"Bearer realm="login", resource_metadata="#)
                        == true
            )
            let foreign = try login.tokens.user(UUID(), audience: "orders", scope: "")
            #expect(try await login.client.send(.get, "/me", token: foreign).status == 401)
            _ = try await login.signUp("alice")
            let token = try await login.signIn("alice")["access_token"]
            login.clock.advance(seconds: 600)
            let expired = try await login.client.send(.get, "/me", token: token)
            #expect(expired.status == 401 && expired.code == "token_expired")
        }
    }

    @Test func `a token of an unknown session is rejected`() async throws {
        try await LoginUnderTest.run { login in
            var claims = login.tokens.userClaims(UUID(), audience: "login", scope: "orders:read")
            for sessionID in [claims.sessionID, nil, "x", "'"] {
                claims.sessionID = sessionID
                let token = try login.tokens.sign(claims)
                let response = try await login.client.send(.get, "/me", token: token)
                #expect(response.status == 401 && response.code == "invalid_token")
                #expect(response.headers[.wwwAuthenticate]?.contains(#"error="invalid_token""#) == true)
            }
        }
    }

    @Test func `logging out ends only the current session`() async throws {
        try await LoginUnderTest.run { login in
            _ = try await login.signUp("alice")
            let (here, there) = (try await login.signIn("alice"), try await login.signIn("alice"))
            for _ in 1...2 {
                #expect(try await login.client.send(.post, "/logout", token: here["access_token"]).status == 204)
            }
            #expect(try await login.client.send(.get, "/me", token: here["access_token"]).status == 401)
            #expect(try await login.refresh(here.refreshToken)["error"] == "invalid_grant")
            #expect(try await login.client.send(.get, "/me", token: there["access_token"]).status == 200)
            #expect(try await login.rows("SELECT id FROM sessions WHERE ended_at IS NULL").count == 1)
        }
    }

    @Test func `a revoked token does not end its session`() async throws {
        try await LoginUnderTest.run { login in
            let first = try await login.signedUp()
            let second = try await login.refresh(first.refreshToken)
            _ = try await login.revoke(first.accessToken)
            for path in ["/logout", "/logout?everywhere=false", "/logout?everywhere=true"] {
                let response = try await login.client.send(.post, path, token: first.accessToken)
                #expect(response.status == 401 && response.code == "invalid_token")
            }
            #expect(try await login.me(second.accessToken) == 200)
            #expect(try await login.client.send(.post, "/logout", token: second.accessToken).status == 204)
            #expect(try await login.client.send(.post, "/logout", token: first.accessToken).status == 204)
        }
    }

    @Test func `logging out everywhere ends all sessions of the account and of no other`() async throws {
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
