import Foundation
import HTTPTypes
import HummingbirdTesting
import JWT
import JWTAuth
import ServiceRuntime
import TestSupport
import Testing

@testable import LoginService

@Suite struct RevokeTests {
    @Test(arguments: [nil, "refresh_token", "access_token", "unheard_of"])
    func `revoking a refresh token ends its session, whatever the hint`(hint: String?) async throws {
        try await LoginUnderTest.run { login in
            let response = try await login.signedUp()
            let revoked = try await login.revoke(response.refreshToken, hint: hint)
            #expect(revoked.status == 200 && revoked.text.isEmpty)
            #expect(try await login.refresh(response.refreshToken).status == 400)
            #expect(try await login.me(response.accessToken) == 401)
            #expect(try await login.feed(after: 1).entries.map(\.id) == [response.sessionID])
        }
    }

    @Test func `revoking an access token does not end its session`() async throws {
        try await LoginUnderTest.run { login in
            let response = try await login.signedUp()
            login.clock.advance(seconds: 10)
            for _ in 1...2 { #expect(try await login.revoke(response.accessToken).status == 200) }
            #expect(try await login.me(response.accessToken) == 401)
            let everywhere = try await login.client.send(.post, "/logout?everywhere=true", token: response.accessToken)
            #expect(everywhere.status == 401)
            let entry = Feed.Entry(kind: "token", id: try response.tokenID, before: nil, exp: 1_780_000_900)
            #expect(try await login.feed(after: 0).entries == [entry])
            let next = try await login.refresh(response.refreshToken)
            #expect(try await login.me(next.accessToken) == 200)
        }
    }

    @Test(arguments: [99_999_999_999_999_999, .max])
    func `a revocation expires with the tokens of its session even if the revoked token claims a later expiry`(
        expiry: Int64
    ) async throws {
        try await LoginUnderTest.run { login in
            let response = try await login.signedUp()
            var claims = login.tokens.userClaims(UUID(), audience: "login", scope: "")
            claims.subject = response["account_id"]
            claims.sessionID = try response.sessionID
            claims.expiresAt = NumericDate(seconds: expiry)
            #expect(try await login.revoke(login.tokens.sign(claims)).status == 200)
            let entry = try #require(try await login.feed(after: 0).entries.first)
            #expect(entry.kind == "token" && entry.exp == 1_780_000_900)
        }
    }

    @Test func `a session ends after too many of its access tokens were revoked`() async throws {
        try await LoginUnderTest.run { login in
            var response = try await login.signedUp()
            for _ in 1...SessionStore.maximumRevokedTokens {
                _ = try await login.revoke(response.accessToken)
                response = try await login.refresh(response.refreshToken)
            }
            #expect(try await login.me(response.accessToken) == 200)
            _ = try await login.revoke(response.accessToken)
            #expect(try await login.refresh(response.refreshToken).status == 400)
            #expect(try await login.feed(after: 0).entries.count == SessionStore.maximumRevokedTokens + 1)
        }
    }

    @Test func `revoking an API token deletes it, and registered clients cannot`() async throws {
        try await LoginUnderTest.runDemo { login in
            let access = try await login.signedUp("robert").accessToken
            let (first, second) = (try await login.apiToken(access), try await login.apiToken(access))
            let job = (id: "demo-job", secret: DemoClients.secret)
            #expect(try await login.post("/revoke", ["token": first], basic: job).status == 200)
            #expect(try await login.isActive(first))
            for _ in 1...2 { #expect(try await login.revoke(first, hint: "access_token").status == 200) }
            #expect(try await !login.isActive(first))
            #expect(try await login.isActive(second))
            #expect(try await login.me(access) == 200)
            #expect(try await login.feed(after: 0).entries.isEmpty)
        }
    }

    @Test func `revoking an unknown or foreign token succeeds without effect`() async throws {
        try await LoginUnderTest.run { login in
            let claims = login.tokens.userClaims(UUID(), audience: "login", scope: "")
            let foreign = [
                "x", RefreshToken().text, APITokenSecret().text, try login.tokens.sign(claims),
                try login.tokens.sign(claims, secret: "another secret that is as long as it must be"),
                try login.serviceToken("tokens:introspect", .post, "/introspect"),
            ]
            for token in foreign { #expect(try await login.revoke(token).status == 200) }
            #expect(try await login.feed(after: 0).entries.isEmpty)
        }
    }

    @Test(arguments: ["", "token=", "token=a&token=b", "token=%", "token_type_hint=x"])
    func `a malformed revocation request is rejected`(body: String) async throws {
        try await LoginUnderTest.run { login in
            let response = try await login.client.send(
                .post, "/revoke", headers: [.contentType: "application/x-www-form-urlencoded"], json: body)
            #expect(response.status == 400 && response["error"] == "invalid_request")
            let json = try await login.client.send(.post, "/revoke", json: "{\"token\": 1}")
            #expect(json.status == 400 && json["error"] == "invalid_request")
        }
    }
}
