import Foundation
import HTTPTypes
import HummingbirdTesting
import TestSupport
import Testing

@testable import LoginService

/// Tokens with fewer scopes than their account, at the routes that manage the account.
@Suite struct NarrowedTokenTests {
    private static let routes = [
        ("POST", "/logout?everywhere=true"), ("GET", "/sessions"),
        ("DELETE", "/sessions/019a0000-0000-7000-8000-000000000002"), ("POST", "/password"), ("DELETE", "/me"),
        ("GET", "/api-tokens"), ("DELETE", "/api-tokens/019a0000-0000-7000-8000-000000000002"),
        ("DELETE", "/accounts/bind"),
    ]

    private static let body = """
        {"password":"\(goodPassword)","current_password":"\(goodPassword)","new_password":"quite another one"}
        """

    private func send(_ route: (String, String), _ token: String, to login: LoginUnderTest) async throws
        -> ReceivedResponse
    {
        try await login.client.send(
            try #require(HTTPRequest.Method(route.0)), route.1, token: token, json: Self.body)
    }

    @Test(arguments: routes, [true, false])
    func `a narrowed token does not manage its account`(route: (String, String), atSignIn: Bool) async throws {
        try await LoginUnderTest.run { login in
            _ = try await login.signUp("alice")
            let narrowing = ["scope": "inbox:read"]
            let session = try await login.signIn("alice", goodPassword, atSignIn ? narrowing : [:])
            let narrowed = atSignIn ? session : try await login.refresh(session.refreshToken, narrowing)
            let response = try await send(route, narrowed.accessToken, to: login)
            #expect(response.status == 403 && response.code == "insufficient_scope")
            #expect(response["scope"] == "orders:read orders:write")
            #expect(
                response.headers[.wwwAuthenticate]?
                    .contains(#"error="insufficient_scope", scope="orders:read orders:write""#) == true)
            #expect(try await login.me(narrowed.accessToken) == 200)
            #expect(try await login.signIn("alice").status == 200)
        }
    }

    @Test(arguments: routes) func `a token with the whole scope of its session manages the account`(
        route: (String, String)
    ) async throws {
        try await LoginUnderTest.run { login in
            let token = try await login.signedUp().accessToken
            // A scope that is granted later belongs to later sessions only.
            _ = try await Stores(in: login.folder).accounts.grant(.staff, to: "alice".username)
            #expect(try await send(route, token, to: login).status != 403)
        }
    }

    @Test func `a narrowed token ends its own session`() async throws {
        try await LoginUnderTest.run { login in
            _ = try await login.signUp("alice")
            let token = try await login.signIn("alice", goodPassword, ["scope": "inbox:read"]).accessToken
            #expect(try await login.client.send(.post, "/logout", token: token).status == 204)
            #expect(try await login.me(token) == 401)
        }
    }
}
