import Database
import Foundation
import HTTPTypes
import HummingbirdTesting
import ServiceRuntime
import TestSupport
import Testing

@testable import LoginService

@Suite struct SignupTests {
    @Test(arguments: [TestingSetup.router, .live])
    func `a sign-up creates an account in lower case with the scope of customers`(setup: TestingSetup) async throws {
        try await LoginUnderTest.run(setup) { login in
            let response = try await login.signUp("Alice")
            #expect(response.status == 201 && response["username"] == "alice")
            let id = try #require(response["account_id"])
            #expect(UUID(lowercase: id) != nil)
            let row = try #require(try await login.rows("SELECT id, username, password FROM accounts").first)
            let (stored, password): (String, String) = (try row["id"], try row["password"])
            #expect(stored == id && PasswordHash(phc: password) != nil)
            let scopes: [String] = try await login.rows("SELECT scope FROM grants ORDER BY place").map {
                try $0["scope"]
            }
            #expect(scopes == ["orders:read", "orders:write", "inbox:read"])
        }
    }

    @Test(arguments: [" alice", "alice\n", "\u{2003}Alice\u{A0}", "\t alice \u{3000}"])
    func `white space around a name is ignored at the sign-up and at every sign-in`(typed: String) async throws {
        try await LoginUnderTest.run { login in
            let response = try await login.signUp(typed)
            #expect(response.status == 201 && response["username"] == "alice")
            for _ in 0...LoginThrottle.freeFailuresOfPair { #expect(try await login.signIn(typed).status == 200) }
            var browser = Browser(login)
            #expect(try await browser.signIn(typed).status == 303)
            #expect(try await login.signUp("alice").status == 409)
        }
    }

    @Test(arguments: ["-al", "--help", "-", " --help "])
    func `a new name does not begin with a hyphen`(name: String) async throws {
        try await LoginUnderTest.run { login in
            let response = try await login.signUp(name)
            #expect(response.status == 422 && response.invalidFields == ["username"])
            #expect(try await login.signUp("al-").status == 201)
        }
    }

    @Test func `an account whose name begins with a hyphen still signs in`() async throws {
        try await LoginUnderTest.run { login in
            _ = try await Stores(in: login.folder).addAccount("--help")
            #expect(try await login.signIn("--help").status == 200)
        }
    }

    @Test func `PASSWORD_MIN_LENGTH sets the length of new passwords and leaves existing ones alone`() async throws {
        try await LoginUnderTest.run(environment: ["PASSWORD_MIN_LENGTH": "15", "DEMO_DATA": "on"]) { login in
            _ = try await Stores(in: login.folder).addAccount("robert")
            for (password, status) in [("fourteen chars", 422), ("fifteen letters", 201)] {
                #expect(try await login.signUp("user\(status)", password).status == status)
            }
            let token = try await login.signIn("robert").accessToken
            let response = try await login.client.send(
                .post, "/password", token: token,
                json: #"{"current_password":"\#(goodPassword)","new_password":"fourteen chars"}"#)
            #expect(response.status == 422 && response.text.contains("15 to 128 characters"))
            var browser = Browser(login)
            #expect(try await browser.get("/signup").text.contains("15 to 128 characters"))
            #expect(try await login.signIn("alice", DemoData.password).status == 200)
        }
    }

    @Test(arguments: ["alice", "Alice", "ALICE"])
    func `a name is unique regardless of its case`(name: String) async throws {
        try await LoginUnderTest.run { login in
            _ = try await login.signUp("alice")
            let response = try await login.signUp(name, "some other password")
            #expect(response.status == 409 && response.code == "username_taken")
            #expect(try await login.signIn("alice").status == 200)
        }
    }

    @Test(arguments: [
        (#"{"username":"al","password":"short"}"#, 422, ["username", "password"]),
        (#"{"username":"alice","password":"password1"}"#, 422, ["password"]),
        (#"{"username":"alice.in.chains","password":"Alice.In.Chains"}"#, 422, ["password"]),
        (#"{"username":"al ice","password":"an uncommon password"}"#, 422, ["username"]),
        (#"{"username":"alice"}"#, 422, ["password"]), (#"{"username":"alice","password":8}"#, 422, ["password"]),
        (#"{"username":["alice"],"password":"an uncommon password"}"#, 422, ["username"]),
        (#"{"username":"alice","password":"with\u0000a zero"}"#, 422, [""]),
        (#"{"username":"alice","password":"with\u0007a bell"}"#, 422, ["password"]),
        (#"[]"#, 422, [""]), (#"{"#, 400, []), (#""#, 400, []),
    ])
    func `an invalid sign-up lists its errors and creates no account`(body: String, status: Int, fields: [String])
        async throws
    {
        try await LoginUnderTest.run { login in
            let response = try await login.client.send(.post, "/signup", json: body)
            #expect(response.status == status)
            #expect(response.invalidFields == fields)
            #expect(try await login.rows("SELECT id FROM accounts").isEmpty)
        }
    }

    @Test func `a sign-up of another content type or of more than 1 MiB is rejected`() async throws {
        try await LoginUnderTest.run(.live) { login in
            for (type, status) in [("text/plain", 415), ("application/x-www-form-urlencoded", 403)] {
                let response = try await login.client.send(
                    .post, "/signup", headers: [.contentType: type],
                    json: "username=alice&password=an+uncommon+password")
                #expect(response.status == status)
            }
            let large = try await login.signUp("alice", String(repeating: "x", count: 1 << 20))
            #expect(large.status == 413)
        }
    }

    @Test(arguments: [TestingSetup.router, .ahc()])
    func `one of fifty concurrent sign-ups with the same name succeeds`(setup: TestingSetup) async throws {
        try await LoginUnderTest.run(setup) { login in
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for index in 0..<50 {
                    group.addTask { try await login.signUp(index % 2 == 0 ? "alice" : "ALICE").status }
                }
                return try await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
            }
            #expect(statuses == [201: 1, 409: 49])
            #expect(try await login.rows("SELECT id FROM accounts").count == 1)
        }
    }
}
