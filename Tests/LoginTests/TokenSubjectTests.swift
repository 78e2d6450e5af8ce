import Foundation
import HTTPTypes
import HummingbirdTesting
import JWT
import ServiceRuntime
import TestSupport
import Testing

@testable import LoginService

/// Signed tokens that name a session of one account and another account, or none.
@Suite struct TokenSubjectTests {
    /// A token with the session of alice and this `sub`.
    private func token(_ subject: String?, of alice: ReceivedResponse, in login: LoginUnderTest) throws -> String {
        var claims = login.tokens.userClaims(UUID(), audience: "login", scope: "orders:read orders:write inbox:read")
        claims.subject = subject
        claims.sessionID = try alice.sessionID
        return try login.tokens.sign(claims)
    }

    @Test(arguments: [
        ("GET", "/me"), ("GET", "/sessions"), ("POST", "/logout"), ("POST", "/logout?everywhere=true"),
        ("POST", "/password"), ("DELETE", "/me"),
    ])
    func `a token whose sub is not the account of its session is rejected`(route: (String, String)) async throws {
        try await LoginUnderTest.run { login in
            let alice = try await login.signedUp("alice")
            let other = try #require(try await login.signUp("robert")["account_id"])
            let id = try #require(alice["account_id"])
            let method = try #require(HTTPRequest.Method(route.0))
            for subject in [other, id.uppercased(), UUID().lowercase, "", nil] {
                let token = try token(subject, of: alice, in: login)
                let response = try await login.client.send(
                    method, route.1, token: token,
                    json: """
                        {"password":"\(goodPassword)","current_password":"\(goodPassword)","new_password":"quite another"}
                        """)
                #expect(response.status == 401)
            }
            #expect(try await login.me(alice.accessToken) == 200)
            #expect(try await login.me(token(id, of: alice, in: login)) == 200)
        }
    }

    @Test func `a token whose sub is not the account of its session is neither active nor revoked`() async throws {
        try await LoginUnderTest.run { login in
            let alice = try await login.signedUp("alice")
            let other = try #require(try await login.signUp("robert")["account_id"])
            var claims = login.tokens.userClaims(UUID(), audience: "orders", scope: "orders:read")
            (claims.subject, claims.sessionID) = (other, try alice.sessionID)
            let token = try login.tokens.sign(claims)
            #expect(try await login.introspect(token).text.contains(#""active":false"#))
            #expect(try await login.revoke(token).status == 200)
            #expect(try await login.rows("SELECT seq FROM revocations").isEmpty)
        }
    }
}
