import Foundation
import HTTPTypes
import HummingbirdTesting
import JWT
import JWTAuth
import ServiceRuntime
import TestSupport
import Testing

@testable import LoginService

@Suite struct IntrospectTests {
    private static let inactive = #"{"active":false}"#

    @Test func `introspection describes a valid token to a service of its audience`() async throws {
        try await LoginUnderTest.run { login in
            let response = try await login.signedUp()
            let introspection = try await login.introspect(response.accessToken)
            #expect(introspection.status == 200 && introspection.headers[.cacheControl] == "no-store")
            #expect(introspection.json["active"] as? Bool == true && introspection["token_type"] == "Bearer")
            let claims = try payload(of: response.accessToken)
            for name in ["iss", "sub", "jti", "sid", "scope", "username"] {
                #expect(introspection[name] == claims[name] as? String && introspection[name] != nil)
            }
            for name in ["iat", "exp"] { #expect(introspection.json[name] as? Int == claims[name] as? Int) }
            #expect(introspection.json["aud"] as? [String] == claims["aud"] as? [String])
        }
    }

    @Test func `introspection of any other token reveals only that it is inactive`() async throws {
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
            let accounts = try Stores(in: login.folder).accounts
            #expect(try await login.introspect(good.accessToken).json["active"] as? Bool == true)
            _ = try await accounts.setDisabled(true, "alice".username, at: login.clock.now)
            #expect(try await login.introspect(good.accessToken).text == Self.inactive)
        }
    }

    @Test func `introspection reports an expired token as inactive`() async throws {
        try await LoginUnderTest.run { login in
            let response = try await login.signedUp()
            login.clock.advance(seconds: 600)
            #expect(try await login.introspect(response.accessToken).text == Self.inactive)
        }
    }

    @Test func `introspection needs a service token with its scope`() async throws {
        try await LoginUnderTest.run { login in
            let user = try await login.signedUp().accessToken
            let body = #"{"token":"\#(user)"}"#
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
