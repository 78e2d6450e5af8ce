import Database
import Foundation
import HTTPTypes
import HummingbirdTesting
import JWT
import ServiceRuntime
import TestSupport
import Testing

@testable import LoginService

@Suite struct PasswordGrantTests {
    @Test(arguments: [TestingSetup.router, .live])
    func `a form and a JSON object get the same response`(setup: TestingSetup) async throws {
        try await LoginUnderTest.run(setup) { login in
            let account = try #require(try await login.signUp("alice")["account_id"])
            let responses = [
                try await login.signIn("alice"),
                try await login.form("grant_type=password&username=Alice&password=an+uncommon%20password"),
            ]
            for response in responses {
                #expect(response.status == 200)
                #expect(response.headers[.cacheControl] == "no-store" && response.headers[.pragma] == "no-cache")
                #expect(response["token_type"] == "Bearer" && response["account_id"] == account)
                #expect(response.expiresIn == 600)
                #expect(response["scope"] == "orders:read orders:write inbox:read")
                #expect(response["refresh_token"]?.utf8.count == 43)
                #expect(
                    Set(response.json.keys) == [
                        "access_token", "token_type", "expires_in", "refresh_token", "scope", "account_id",
                    ])
            }
            #expect(responses[0]["refresh_token"] != responses[1]["refresh_token"])
        }
    }

    @Test func `an access token has exactly the claims of the contract`() async throws {
        try await LoginUnderTest.run { login in
            let account = try await login.signUp("alice")["account_id"]
            let token = try await login.signIn("alice").accessToken
            let claims = try payload(of: token)
            let names = ["iss", "sub", "aud", "iat", "exp", "jti", "sid", "username", "scope"]
            #expect(Set(claims.keys) == Set(names))
            #expect(claims["iss"] as? String == "http://localhost:8080")
            #expect(claims["sub"] as? String == account)
            #expect(claims["aud"] as? [String] == ["login", "catalog", "orders", "inbox"])
            #expect(claims["iat"] as? Int == 1_780_000_000 && claims["exp"] as? Int == 1_780_000_600)
            #expect((claims["jti"] as? String).flatMap(Base64URL.decode)?.count == 16)
            #expect(claims["username"] as? String == "alice")
            #expect(claims["scope"] as? String == "orders:read orders:write inbox:read")
            let sessions = try await login.rows("SELECT id FROM sessions")
            let session: String = try #require(sessions.first)["id"]
            #expect(claims["sid"] as? String == session)
            let header = try header(of: token)
            #expect(header["alg"] as? String == "HS256" && header["typ"] as? String == "JWT")
        }
    }

    @Test func `an access token is signed with the first key of the key file and names it`() async throws {
        let folder = try TemporaryFolder()
        let keys = try KeySet([.generate(.hs512, id: "second-2026"), .generate(id: "first-2026")])
        try keys.jwkSet().write(toFile: folder.path + "/keys.json", atomically: true, encoding: .utf8)
        let environment = ["JWT_SECRET": "", "JWT_KEYS_FILE": folder.path + "/keys.json"]
        try await LoginUnderTest.run(environment: environment) { login in
            _ = try await login.signUp("alice")
            let token = try await login.signIn("alice").accessToken
            let header = try header(of: token)
            #expect(header["kid"] as? String == "second-2026" && header["alg"] as? String == "HS512")
            #expect(try await login.client.send(.get, "/me", token: token).status == 200)
        }
    }

    @Test func `the longest access token is shorter than 700 bytes`() async throws {
        let name = String(repeating: "x", count: 32)
        try await LoginUnderTest.run { login in
            _ = try await login.signUp(name)
            let accounts = try Stores(in: login.folder).accounts
            let used = Scope.customer.text.utf8.count + 1
            let filler = Scope(names: [String(repeating: "s", count: AccountStore.maximumScopeBytes - used)])
            #expect(try await accounts.grant(filler, to: name.username) != .scopeTooLong)
            let token = try await login.signIn(name).accessToken
            #expect((600..<700).contains(token.utf8.count + 40), "\(token.utf8.count) bytes and a kid")
        }
    }

    @Test func `a sign-in can narrow scope and audience`() async throws {
        try await LoginUnderTest.run(environment: ["DEMO_DATA": "on"]) { login in
            let response = try await login.signIn(
                "staff", DemoData.password, ["scope": "catalog:write orders:read", "audience": "orders catalog"])
            #expect(response["scope"] == "orders:read catalog:write")
            let claims = try payload(of: response.accessToken)
            #expect(claims["scope"] as? String == "orders:read catalog:write")
            #expect(claims["aud"] as? [String] == ["catalog", "orders"])
            let one = try await login.signIn("staff", DemoData.password, ["audience": "inbox"])
            #expect(try payload(of: one.accessToken)["aud"] as? String == "inbox")
            #expect(try await login.client.send(.get, "/me", token: one["access_token"]).status == 401)
        }
    }

    @Test(arguments: [
        (["scope": "catalog:write"], "invalid_scope"), (["scope": "orders:read unknown"], "invalid_scope"),
        (["scope": " "], "invalid_scope"), (["audience": "bank"], "invalid_target"),
        (["audience": "orders bank"], "invalid_target"), (["audience": " "], "invalid_target"),
        (["username": ""], "invalid_request"), (["password": ""], "invalid_request"),
        (["grant_type": ""], "invalid_request"), (["grant_type": "Password"], "unsupported_grant_type"),
        (["grant_type": "wxapp"], "unsupported_grant_type"), (["password": "a wrong password"], "invalid_grant"),
        (["username": "nobody"], "invalid_grant"), (["username": "a'; DROP TABLE accounts; --"], "invalid_grant"),
        (["username": String(repeating: "x", count: 100_000)], "invalid_grant"),
        (["password": String(repeating: "x", count: 100_000)], "invalid_grant"),
        (["username": "\u{0}"], "invalid_grant"),
    ])
    func `a rejected sign-in has its error code and begins no session`(change: [String: String], code: String)
        async throws
    {
        try await LoginUnderTest.run { login in
            _ = try await login.signUp("alice")
            let response = try await login.signIn("alice", goodPassword, change)
            #expect(response.status == 400 && response["error"] == code)
            #expect(response["error_description"]?.isEmpty == false)
            #expect(response.headers[.cacheControl] == "no-store" && response.headers[.pragma] == "no-cache")
            #expect(try await login.rows("SELECT id FROM sessions").isEmpty)
        }
    }

    @Test(arguments: [
        ("application/json", ""), ("application/json", "[]"), ("application/json", "{\"grant_type\":1}"),
        ("application/json", "{\"grant_type\":\"password\",\"username\":[\"alice\"],\"password\":\"x\"}"),
        ("application/json", "{\"grant_type\":\"password\",\"grant_type\":\"password\"}"),
        ("application/json; charset=utf-8", "{"), ("text/plain", "grant_type=password"), ("", "grant_type=password"),
        ("multipart/form-data", "grant_type=password"), ("application/x-www-form-urlencoded", ""),
        ("application/x-www-form-urlencoded", "grant_type=password&username=alice&password=%FF"),
        ("application/x-www-form-urlencoded", "grant_type=password&username=alice&password=a&password=b"),
        ("application/x-www-form-urlencoded", "grant_type=password&username=alice&password=%00"),
        ("application/x-www-form-urlencoded; charset=UTF-8", "grant_type=password&username=%"),
        ("application/x-www-form-urlencoded", String(repeating: "&", count: 100_000)),
        ("application/x-www-form-urlencoded", String(repeating: "%41=&", count: 10_000)),
    ])
    func `an ambiguous or malformed body is an invalid request`(type: String, body: String) async throws {
        try await LoginUnderTest.run { login in
            let response = try await login.client.send(.post, "/token", headers: [.contentType: type], json: body)
            #expect(response.status == 400 && response["error"] == "invalid_request")
        }
    }

    @Test(arguments: ["application/json", "application/x-www-form-urlencoded"])
    func `a body of more than 1 MiB is rejected`(type: String) async throws {
        try await LoginUnderTest.run(.live) { login in
            let body = "grant_type=password&username=alice&password=" + String(repeating: "x", count: 1 << 20)
            let response = try await login.client.send(.post, "/token", headers: [.contentType: type], json: body)
            #expect(response.status == 413)
        }
    }

    @Test func `wrong passwords, unknown names and disabled accounts get identical responses`() async throws {
        try await LoginUnderTest.run { login in
            for name in ["alice", "carol"] { _ = try await login.signUp(name) }
            let accounts = try Stores(in: login.folder).accounts
            _ = try await accounts.setDisabled(true, "carol".username, at: login.clock.now)
            let responses = [
                try await login.signIn("alice", "a wrong password"), try await login.signIn("nobody"),
                try await login.signIn("carol"), try await login.signIn("no name"),
            ]
            #expect(Set(responses.map(\.status)) == [400] && Set(responses.map(\.text)).count == 1)
            let names = responses.map { Set($0.headers.map(\.name.canonicalName)) }
            #expect(Set(names).count == 1)
        }
    }

    @Test(arguments: [TestingSetup.router, .live])
    func `a throttled sign-in gets 429 with Retry-After and succeeds after the wait`(setup: TestingSetup) async throws {
        try await LoginUnderTest.run(setup) { login in
            _ = try await login.signUp("alice")
            for _ in 1...6 { #expect(try await login.signIn("alice", "a wrong password").status == 400) }
            let response = try await login.signIn("alice")
            #expect(response.status == 429 && response["error"] == "temporarily_unavailable")
            #expect(response.headers[.retryAfter] == "1" && response.headers[.cacheControl] == "no-store")
            login.clock.advance(seconds: 1)
            #expect(try await login.signIn("alice").status == 200)
        }
    }
}
