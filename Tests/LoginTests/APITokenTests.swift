import Database
import Foundation
import HTTPTypes
import HummingbirdTesting
import ServiceRuntime
import TestSupport
import Testing

@testable import LoginService

@Suite struct APITokenTests {
    @Test func `an API token is shown once, with the members of its description and no others`() async throws {
        try await LoginUnderTest.run { login in
            let access = try await login.signedUp().accessToken
            let response = try await login.createAPIToken(
                access, json: #"{"name":"backup","scope":"inbox:read orders:read","expires_in":60}"#)
            #expect(response.status == 201 && response.headers[.cacheControl] == "no-store")
            #expect(Set(response.json.keys) == ["id", "token", "name", "scope", "created_at", "expires_at"])
            #expect(try #require(response["token"]).wholeMatch(of: /[0-9a-f]{40}/) != nil)
            #expect(response["name"] == "backup" && response["scope"] == "orders:read inbox:read")
            #expect(response["created_at"] == login.clock.now.rfc3339)
            #expect(response["expires_at"] == (login.clock.now + 60).rfc3339)
            let listed = try await login.client.send(.get, "/api-tokens", token: access)
            let items = try #require(listed.json["api_tokens"] as? [[String: Any]])
            #expect(items.map { Set($0.keys) } == [["id", "name", "scope", "created_at", "expires_at"]])
            #expect(items[0]["id"] as? String == response["id"])
        }
    }

    @Test func `an API token without a scope and a lifetime has the scope of its access token and no end`() async throws
    {
        try await LoginUnderTest.run { login in
            _ = try await login.signUp("alice")
            let narrow = try await login.signIn("alice", goodPassword, ["scope": "orders:read"]).accessToken
            let response = try await login.createAPIToken(narrow)
            #expect(response["scope"] == "orders:read")
            #expect(response.json["expires_at"] is NSNull)
            login.clock.advance(seconds: 10 * 365 * 86_400)
            #expect(try await login.isActive(try #require(response["token"])))
        }
    }

    @Test func `only the hash of an API token is stored`() async throws {
        try await LoginUnderTest.run { login in
            let secret = try await login.apiToken(login.signedUp().accessToken)
            let row = try #require(try await login.rows("SELECT hash FROM api_tokens").first)
            let hash: [UInt8] = try row["hash"]
            #expect(hash == APITokenSecret(secret)?.hash)
            for name in try FileManager.default.contentsOfDirectory(atPath: login.folder.path) {
                let file = try Data(contentsOf: login.folder.file(name))
                #expect(file.range(of: Data(secret.utf8)) == nil)
            }
        }
    }

    @Test(arguments: [
        ("orders:read", #"{"name":"x","scope":"orders:read orders:write"}"#),
        ("orders:read", #"{"name":"x","scope":"catalog:write"}"#), ("orders:read", #"{"name":"x","scope":""}"#),
        ("orders:read", #"{"name":"x","scope":"orders:read  orders:read"}"#),
        ("orders:read", #"{"name":"x","scope":"orders:read orders:read"}"#),
        ("orders:read inbox:read", #"{"name":"x","scope":"orders:read catalog:write"}"#),
    ])
    func `a scope that the access token lacks is rejected and nothing is created`(
        granted: String, json: String
    ) async throws {
        try await LoginUnderTest.run { login in
            _ = try await login.signUp("alice")
            let access = try await login.signIn("alice", goodPassword, ["scope": granted]).accessToken
            let response = try await login.createAPIToken(access, json: json)
            #expect(response.status == 400 && response.code == "invalid_scope")
            #expect(try await login.rows("SELECT id FROM api_tokens").isEmpty)
        }
    }

    @Test(arguments: [
        (#"{}"#, ["name"]), (#"{"name":""}"#, ["name"]), (#"{"name":" x"}"#, ["name"]), (#"{"name":7}"#, ["name"]),
        (#"{"name":"a\nb"}"#, ["name"]), (#"{"name":"a\u2028b"}"#, ["name"]), (#"{"name":"a\u0000b"}"#, [""]),
        (#"{"name":"\#(String(repeating: "x", count: 101))"}"#, ["name"]),
        (#"{"name":"x","scope":["orders:read"]}"#, ["scope"]),
        (#"{"name":"x","expires_in":0}"#, ["expires_in"]), (#"{"name":"x","expires_in":-1}"#, ["expires_in"]),
        (#"{"name":"x","expires_in":1.5}"#, ["expires_in"]), (#"{"name":"x","expires_in":"60"}"#, ["expires_in"]),
        (#"{"name":"x","expires_in":315360001}"#, ["expires_in"]),
        (#"{"name":"x","expires_in":1e300}"#, ["expires_in"]),
        (#"{"name":"","expires_in":0}"#, ["name", "expires_in"]),
    ])
    func `an invalid API token is rejected with the names of its invalid fields`(
        json: String, fields: [String]
    ) async throws {
        try await LoginUnderTest.run { login in
            let access = try await login.signedUp().accessToken
            let response = try await login.createAPIToken(access, json: json)
            #expect(response.status == 422 && response.invalidFields == fields)
            #expect(try await login.apiTokens(access).isEmpty)
        }
    }

    @Test func `an API token whose texts and numbers are at their limits is created`() async throws {
        try await LoginUnderTest.run { login in
            let access = try await login.signedUp().accessToken
            let name = String(repeating: "é", count: 100)
            for lifetime in [1, 315_360_000] {
                let json = #"{"name":"\#(name)","expires_in":\#(lifetime)}"#
                #expect(try await login.createAPIToken(access, json: json).status == 201)
            }
            #expect(try await login.apiTokens(access).map(\.name) == [name, name])
        }
    }

    @Test func `an expired API token is inactive, and the list leaves it out`() async throws {
        try await LoginUnderTest.run { login in
            let access = try await login.signedUp().accessToken
            let secret = try await login.apiToken(access, json: #"{"name":"x","expires_in":60}"#)
            login.clock.advance(seconds: 59)
            #expect(try await login.isActive(secret))
            login.clock.advance(seconds: 1)
            #expect(try await !login.isActive(secret))
            #expect(try await login.apiTokens(access).isEmpty)
        }
    }

    @Test func `an owner deletes one of two API tokens, and nobody can delete those of others`() async throws {
        try await LoginUnderTest.run { login in
            let (alice, bob) = (
                try await login.signedUp().accessToken, try await login.signedUp("robert").accessToken
            )
            let older = try await login.apiToken(alice)
            login.clock.advance(seconds: 1)
            let secrets = [older, try await login.apiToken(alice)]
            let ids = try await login.apiTokens(alice).map(\.id)
            #expect(try await login.apiTokens(bob).isEmpty)
            for id in [ids[0], "x", UUID().lowercase, "%00"] {
                #expect(try await login.deleteAPIToken(id, bob) == 404)
            }
            #expect(try await login.deleteAPIToken(ids[0], alice) == 204)
            #expect(try await login.deleteAPIToken(ids[0], alice) == 404)
            #expect(try await !login.isActive(secrets[1]))
            #expect(try await login.isActive(secrets[0]))
            #expect(try await login.apiTokens(alice).map(\.id) == [ids[1]])
        }
    }

    @Test func `an account has at most fifty API tokens, even if they are created at once`() async throws {
        try await LoginUnderTest.run { login in
            let access = try await login.signedUp().accessToken
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 1...60 { group.addTask { try await login.createAPIToken(access).status } }
                return try await group.reduce(into: [Int: Int]()) { $0[$1, default: 0] += 1 }
            }
            #expect(statuses == [201: 50, 409: 10])
            #expect(try await login.createAPIToken(access).code == "too_many_api_tokens")
            let other = try await login.signedUp("robert").accessToken
            #expect(try await login.createAPIToken(other).status == 201)
            let first = try #require(try await login.apiTokens(access).first)
            #expect(try await login.deleteAPIToken(first.id, access) == 204)
            #expect(try await login.createAPIToken(access, json: #"{"name":"x","expires_in":1}"#).status == 201)
            login.clock.advance(seconds: 1)
            #expect(try await login.createAPIToken(access).status == 201)
            #expect(try await login.createAPIToken(access).status == 409)
        }
    }

    @Test func `an API token needs a live access token for its creation, and opens no route of login itself`()
        async throws
    {
        try await LoginUnderTest.run { login in
            let response = try await login.signedUp()
            let secret = try await login.apiToken(response.accessToken)
            _ = try await login.client.send(.post, "/logout", token: response.accessToken)
            for token in [nil, try response.accessToken, secret] {
                #expect(try await login.createAPIToken(token).status == 401)
                #expect(try await login.client.send(.get, "/api-tokens", token: token).status == 401)
                #expect(
                    try await login.client.send(.delete, "/api-tokens/\(UUID().lowercase)", token: token).status == 401)
                #expect(try await login.me(token) == 401)
            }
        }
    }

    @Test func `an API token outlives its session and ends with a change of the password`() async throws {
        try await LoginUnderTest.run { login in
            let (first, other) = (try await login.signedUp(), try await login.signedUp("robert"))
            let (secret, foreign) = (
                try await login.apiToken(first.accessToken), try await login.apiToken(other.accessToken)
            )
            _ = try await login.client.send(.post, "/logout?everywhere=true", token: first.accessToken)
            #expect(try await login.isActive(secret))
            let access = try await login.signIn("alice").accessToken
            let changed = try await login.client.send(
                .post, "/password", token: access,
                json: #"{"current_password":"\#(goodPassword)","new_password":"a quite different password"}"#)
            #expect(changed.status == 204)
            #expect(try await !login.isActive(secret))
            #expect(try await login.isActive(foreign))
            #expect(try await login.rows("SELECT id FROM api_tokens").count == 1)
        }
    }

    @Test func `an API token is inactive while its account is disabled, and deleted with the account`() async throws {
        try await LoginUnderTest.run { login in
            let secret = try await login.apiToken(login.signedUp().accessToken)
            let accounts = try Stores(in: login.folder).accounts
            _ = try await accounts.setDisabled(true, "alice".username, at: login.clock.now)
            #expect(try await !login.isActive(secret))
            _ = try await accounts.setDisabled(false, "alice".username, at: login.clock.now)
            #expect(try await login.isActive(secret))
            login.clock.advance(seconds: 1)
            let access = try await login.signIn("alice").accessToken
            #expect(try await login.deleteAccount(access, password: goodPassword).status == 204)
            #expect(try await !login.isActive(secret))
            #expect(try await login.rows("SELECT id FROM api_tokens").isEmpty)
        }
    }

    @Test func `introspection describes an API token with the scope that its account has now`() async throws {
        try await LoginUnderTest.run { login in
            let response = try await login.signedUp()
            let created = try await login.createAPIToken(
                response.accessToken, json: #"{"name":"x","scope":"orders:read orders:write","expires_in":60}"#)
            let secret = try #require(created["token"])
            let described = try await login.introspect(secret)
            #expect(described.headers[.cacheControl] == "no-store")
            let expected: NSDictionary = [
                "active": true, "token_type": "Token", "scope": "orders:read orders:write", "username": "alice",
                "sub": try #require(response["account_id"]), "iss": TokenMint.issuer,
                "jti": try #require(created["id"]),
                "iat": 1_780_000_000, "exp": 1_780_000_060,
            ]
            #expect(described.json as NSDictionary == expected)
            let accounts = try Stores(in: login.folder).accounts
            _ = try await accounts.revoke(Scope(names: ["orders:write"]), from: "alice".username)
            _ = try await accounts.grant(.staff, to: "alice".username)
            #expect(try await login.introspect(secret)["scope"] == "orders:read")
            #expect(try await login.apiTokens(response.accessToken).map(\.scope) == ["orders:read"])
            for other in [
                secret.uppercased(), String(secret.dropLast()), secret + "0", String(repeating: "0", count: 40),
            ] {
                #expect(try await login.introspect(other).text == #"{"active":false}"#)
            }
        }
    }

    @Test func `no log contains an API token`() {
        let secret = APITokenSecret()
        #expect(!"\(secret) \(String(reflecting: secret))".contains(secret.text))
    }

    @Test(arguments: ["", "x", String(repeating: "a", count: 39), String(repeating: "A", count: 40), "é"])
    func `a malformed text is not parsed as an API token`(text: String) {
        #expect(APITokenSecret(text) == nil)
    }
}
