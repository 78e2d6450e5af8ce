import Database
import Foundation
import HTTPTypes
import HummingbirdTesting
import ServiceRuntime
import TestSupport
import Testing

@testable import LoginService

@Suite struct SessionIntrospectionTests {
    private static let readers = ["SESSION_READERS": "orders"]
    private static let inactive = #"{"active":false}"#

    private func introspect(
        _ cookie: String, _ login: LoginUnderTest, by service: String = "orders",
        scope: String = "sessions:introspect", hint: String? = "session"
    ) async throws -> ReceivedResponse {
        let hint = hint.map { #","token_type_hint":"\#($0)""# } ?? ""
        return try await login.client.send(
            .post, "/introspect", token: login.serviceToken(scope, .post, "/introspect", by: service),
            json: #"{"token":"\#(cookie)"\#(hint)}"#)
    }

    private func withSession(
        _ body: @Sendable (LoginUnderTest, inout Browser, _ cookie: String) async throws -> Void
    ) async throws {
        try await LoginUnderTest.run(environment: Self.readers) { login in
            _ = try await login.signUp("alice")
            var browser = Browser(login)
            try await browser.signIn("alice")
            try await body(login, &browser, try #require(browser.cookies["hallpass"]))
        }
    }

    @Test func `introspection describes the session of a cookie to the service that the setting names`() async throws {
        try await withSession { login, browser, cookie in
            let response = try await introspect(cookie, login)
            #expect(response.status == 200 && response.headers[.cacheControl] == "no-store")
            let row = try #require(try await login.rows("SELECT id, account_id FROM sessions").first)
            let (session, account): (UUID, UUID) = (try row["id"], try row["account_id"])
            let expected: NSDictionary = [
                "active": true, "token_type": "Session", "scope": "orders:read orders:write inbox:read",
                "username": "alice", "sub": account.lowercase, "iss": TokenMint.issuer, "sid": session.lowercase,
                "iat": 1_780_000_000, "exp": 1_780_000_000 + 14 * 86_400,
            ]
            #expect(response.json as NSDictionary == expected)
        }
    }

    @Test func `introspection reports the cookie of a session that is over, and every other text, as inactive`()
        async throws
    {
        try await withSession { login, browser, cookie in
            let access = try await login.signIn("alice")
            let secret = try await login.apiToken(access.accessToken)
            let others = [
                "x", "", cookie + "x", SessionCookie().text, try access.accessToken, try access.refreshToken, secret,
            ]
            for text in others where !text.isEmpty {
                #expect(try await introspect(text, login).text == Self.inactive)
            }
            #expect(try await introspect("", login)["error"] == "invalid_request")
            #expect(try await introspect(cookie, login, scope: "tokens:introspect", hint: nil).text == Self.inactive)
            _ = try await browser.get("/account")
            _ = try await browser.submit("/account/sign-out")
            #expect(try await introspect(cookie, login).text == Self.inactive)
        }
    }

    @Test func `a service that the setting does not name gets 403`() async throws {
        try await withSession { login, _, cookie in
            for text in [cookie, "x"] {
                let response = try await introspect(text, login, by: "inbox")
                #expect(response.status == 403 && response.code == "session_reader_required")
            }
        }
    }

    @Test func `no service may introspect sessions by default`() async throws {
        try await LoginUnderTest.run { login in
            let response = try await introspect("x", login)
            #expect(response.status == 403 && response.code == "session_reader_required")
        }
    }

    @Test func `each of the two scopes allows one kind of introspection, and a missing scope is told first`()
        async throws
    {
        try await withSession { login, _, cookie in
            for service in ["orders", "inbox"] {
                let session = try await introspect(cookie, login, by: service, scope: "tokens:introspect")
                #expect(session.status == 403 && session["scope"] == "sessions:introspect")
                let token = try await introspect(cookie, login, by: service, hint: nil)
                #expect(token.status == 403 && token["scope"] == "tokens:introspect")
                let none = try await introspect(cookie, login, by: service, scope: "revocations:read")
                #expect(none.status == 403 && none.code == "insufficient_scope")
                #expect(none.headers[.wwwAuthenticate]?.contains(#"error="insufficient_scope""#) == true)
            }
        }
    }

    @Test func `a reader of sessions that is no audience prevents the start`() async throws {
        let error = await #expect(throws: ConfigurationError.self) {
            try await LoginUnderTest.application(environment: ["SESSION_READERS": "orders compare"])
        }
        #expect(error?.invalidVariables.map(\.name) == ["SESSION_READERS"])
    }
}
