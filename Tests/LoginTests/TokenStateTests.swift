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
    func `a refresh token takes its session with it, whatever the hint`(hint: String?) async throws {
        try await LoginUnderTest.run { login in
            let response = try await login.signedUp()
            let revoked = try await login.revoke(response.refreshToken, hint: hint)
            #expect(revoked.status == 200 && revoked.text.isEmpty)
            #expect(try await login.refresh(response.refreshToken).status == 400)
            #expect(try await login.me(response.accessToken) == 401)
            #expect(try await login.feed(after: 1).entries.map(\.id) == [response.sessionID])
        }
    }

    @Test func `an access token goes alone`() async throws {
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
    func `a token of the secret's holder that claims to live for ever is revoked as long as its session's own`(
        expiry: Int64
    ) async throws {
        try await LoginUnderTest.run { login in
            let response = try await login.signedUp()
            var claims = login.tokens.userClaims(UUID(), audience: "login", scope: "")
            claims.sessionID = try response.sessionID
            claims.expiresAt = NumericDate(seconds: expiry)
            #expect(try await login.revoke(login.tokens.sign(claims)).status == 200)
            let entry = try #require(try await login.feed(after: 0).entries.first)
            #expect(entry.kind == "token" && entry.exp == 1_780_000_900)
        }
    }

    @Test func `a session whose tokens are revoked again and again ends`() async throws {
        try await LoginUnderTest.run { login in
            var response = try await login.signedUp()
            for _ in 1...SessionStore.maxRevokedTokens {
                _ = try await login.revoke(response.accessToken)
                response = try await login.refresh(response.refreshToken)
            }
            #expect(try await login.me(response.accessToken) == 200)
            _ = try await login.revoke(response.accessToken)
            #expect(try await login.refresh(response.refreshToken).status == 400)
            #expect(try await login.feed(after: 0).entries.count == SessionStore.maxRevokedTokens + 1)
        }
    }

    @Test func `what is no token of this service, or no longer, is answered like any other`() async throws {
        try await LoginUnderTest.run { login in
            let claims = login.tokens.userClaims(UUID(), audience: "login", scope: "")
            let foreign = [
                "x", RefreshToken().text, try login.tokens.sign(claims),
                try login.tokens.sign(claims, secret: "another secret that is as long as it must be"),
                try login.serviceToken("tokens:introspect", .post, "/introspect"),
            ]
            for token in foreign { #expect(try await login.revoke(token).status == 200) }
            #expect(try await login.feed(after: 0).entries.isEmpty)
        }
    }

    @Test(arguments: ["", "token=", "token=a&token=b", "token=%", "token_type_hint=x"])
    func `a malformed request is refused`(body: String) async throws {
        try await LoginUnderTest.run { login in
            let response = try await login.client.send(
                .post, "/revoke", headers: [.contentType: "application/x-www-form-urlencoded"], json: body)
            #expect(response.status == 400 && response["error"] == "invalid_request")
            let json = try await login.client.send(.post, "/revoke", json: "{\"token\": 1}")
            #expect(json.status == 400 && json["error"] == "invalid_request")
        }
    }
}

@Suite struct IntrospectTests {
    private static let inactive = "{\"active\":false}"

    @Test func `a good token is told about to a service that it opens`() async throws {
        try await LoginUnderTest.run { login in
            let response = try await login.signedUp()
            let told = try await login.introspect(response.accessToken)
            #expect(told.status == 200 && told.headers[.cacheControl] == "no-store")
            #expect(told.json["active"] as? Bool == true && told["token_type"] == "Bearer")
            let claims = try segment(1, of: response.accessToken)
            for name in ["iss", "sub", "jti", "sid", "scope", "username"] {
                #expect(told[name] == claims[name] as? String && told[name] != nil)
            }
            for name in ["iat", "exp"] { #expect(told.json[name] as? Int == claims[name] as? Int) }
            #expect(told.json["aud"] as? [String] == claims["aud"] as? [String])
        }
    }

    @Test func `everything else is inactive, and nothing more is told`() async throws {
        try await LoginUnderTest.run { login in
            let (ended, revoked) = (try await login.signedUp(), try await login.signIn("alice"))
            let narrow = try await login.signIn("alice", goodPassword, ["audience": "inbox"])
            _ = try await login.client.send(.post, "/logout", token: ended.accessToken)
            _ = try await login.revoke(revoked.accessToken)
            let good = try await login.signIn("alice")
            let tokens = [
                try ended.accessToken, try revoked.accessToken, try narrow.accessToken, try good.refreshToken, "x",
                try good.accessToken + "x", try login.tokens.user(UUID(), audience: "orders", scope: "x"),
            ]
            for token in tokens { #expect(try await login.introspect(token).text == Self.inactive) }
            #expect(try await login.introspect(narrow.accessToken, by: "inbox").json["active"] as? Bool == true)
            let accounts = AccountStore(database: try login.folder.openDatabase())
            #expect(try await login.introspect(good.accessToken).json["active"] as? Bool == true)
            _ = try await accounts.setDisabled(true, "alice".username, at: login.clock.now)
            #expect(try await login.introspect(good.accessToken).text == Self.inactive)
        }
    }

    @Test func `an expired token is inactive`() async throws {
        try await LoginUnderTest.run { login in
            let response = try await login.signedUp()
            login.clock.advance(seconds: 600)
            #expect(try await login.introspect(response.accessToken).text == Self.inactive)
        }
    }

    @Test func `only services that may ask are answered`() async throws {
        try await LoginUnderTest.run { login in
            let user = try await login.signedUp().accessToken
            let body = "{\"token\":\"\(user)\"}"
            #expect(try await login.client.send(.post, "/introspect", json: body).status == 401)
            #expect(try await login.client.send(.post, "/introspect", token: user, json: body).status == 401)
            let narrow = try login.serviceToken("revocations:read", .post, "/introspect")
            #expect(try await login.client.send(.post, "/introspect", token: narrow, json: body).status == 403)
            let good = try login.serviceToken("tokens:introspect", .post, "/introspect")
            let malformed = try await login.client.send(.post, "/introspect", token: good, json: "{}")
            #expect(malformed.status == 400 && malformed["error"] == "invalid_request")
        }
    }
}
