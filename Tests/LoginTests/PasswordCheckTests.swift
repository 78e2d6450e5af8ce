import Foundation
import HTTPTypes
import HummingbirdTesting
import TestSupport
import Testing

@testable import LoginService

@Suite struct PasswordCheckTests {
    private static let on = ["PASSWORD_CHECKS": "on"]

    private func verify(
        _ login: LoginUnderTest, _ name: String = "alice", _ password: String = goodPassword,
        from address: String = "192.0.2.7"
    ) async throws -> ReceivedResponse {
        try await send(login, json: #"{"username":"\#(name)","password":"\#(password)","address":"\#(address)"}"#)
    }

    private func send(
        _ login: LoginUnderTest, scope: String = "passwords:verify", json: String
    ) async throws -> ReceivedResponse {
        try await login.client.send(
            .post, "/passwords/verify", token: login.serviceToken(scope, .post, "/passwords/verify"), json: json)
    }

    @Test func `a service learns the account that a name and a password belong to`() async throws {
        try await LoginUnderTest.run(environment: Self.on) { login in
            let id = try #require(try await login.signUp("alice")["account_id"])
            let response = try await verify(login, "Alice")
            #expect(response.status == 200 && response.headers[.cacheControl] == "no-store")
            let expected: NSDictionary = [
                "account_id": id, "username": "alice", "scope": "orders:read orders:write inbox:read",
            ]
            #expect(response.json as NSDictionary == expected)
            #expect(try await login.rows("SELECT id FROM sessions").isEmpty)
        }
    }

    @Test func `a wrong password, an unknown name and a disabled account get the same response`() async throws {
        try await LoginUnderTest.run(environment: Self.on) { login in
            for name in ["alice", "bob"] { _ = try await login.signUp(name) }
            let accounts = try Stores(in: login.folder).accounts
            _ = try await accounts.setDisabled(true, "bob".username, at: login.clock.now)
            for (name, password) in [("alice", "a wrong password"), ("nobody", goodPassword), ("bob", goodPassword)] {
                let response = try await verify(login, name, password)
                #expect(response.status == 403 && response.code == "wrong_credentials")
                #expect(response.headers[.wwwAuthenticate] == nil)
            }
        }
    }

    @Test func `failed checks slow down the address that the service names, and no other`() async throws {
        try await LoginUnderTest.run(environment: Self.on) { login in
            _ = try await login.signUp("alice")
            for _ in 0...LoginThrottle.freeFailuresOfPair {
                #expect(try await verify(login, "alice", "a wrong password").status == 403)
            }
            let throttled = try await verify(login)
            #expect(throttled.status == 429 && throttled.code == "too_many_attempts")
            #expect(throttled.headers[.retryAfter] != nil)
            #expect(try await verify(login, from: "192.0.2.8").status == 200)
            // Spellings of one address are one address.
            for address in [
                "2001:db8::1", "2001:DB8:0:0::2", "2001:0db8::3", "2001:db8:0::4", "2001:db8::5", "2001:db8::6",
            ] {
                #expect(try await verify(login, "alice", "a wrong password", from: address).status == 403)
            }
            #expect(try await verify(login, from: "2001:db8::7").status == 429)
        }
    }

    @Test func `the route responds with 404 unless the setting allows it`() async throws {
        try await LoginUnderTest.run { login in
            _ = try await login.signUp("alice")
            #expect(try await verify(login).status == 404)
        }
    }

    @Test func `a check needs a service token with its scope`() async throws {
        try await LoginUnderTest.run(environment: Self.on) { login in
            let user = try await login.signedUp().accessToken
            let json = #"{"username":"alice","password":"\#(goodPassword)","address":"192.0.2.7"}"#
            for token in [nil, user] {
                #expect(try await login.client.send(.post, "/passwords/verify", token: token, json: json).status == 401)
            }
            #expect(try await send(login, scope: "tokens:introspect", json: json).status == 403)
        }
    }

    @Test(arguments: [
        (#"{"password":"x","address":"192.0.2.7"}"#, "username"), (#"{"username":"x","address":"::1"}"#, "password"),
        (#"{"username":"x","password":"x"}"#, "address"), (#"{"username":"x","password":"x","address":""}"#, "address"),
        (#"{"username":"x","password":"x","address":"localhost"}"#, "address"),
        (#"{"username":"x","password":"x","address":"192.0.2.7:80"}"#, "address"),
        (#"{"username":1,"password":"x","address":"::1"}"#, "username"),
    ])
    func `an invalid check is rejected with the name of its field`(json: String, field: String) async throws {
        try await LoginUnderTest.run(environment: Self.on) { login in
            let response = try await send(login, json: json)
            #expect(response.status == 422 && response.invalidFields == [field])
        }
    }
}
