import Foundation
import HTTPTypes
import HummingbirdTesting
import ServiceRuntime
import TestSupport
import Testing

@testable import CompareService

@Suite struct MechanismTests {
    @Test func `all mechanisms lead to the same notes, and only the JWT needs no call of login`() async throws {
        try await withCompare { compare, login in
            for credentials in Credentials.allCases {
                compare.clock.advance(seconds: 1)
                let added = try await compare.add("by \(credentials)", credentials)
                #expect(added.status == 201 && added["text"] == "by \(credentials)")
                #expect(added.callsOfLogin == (credentials == .jwt ? 0 : 1))
            }
            for credentials in Credentials.allCases {
                let list = try await compare.list(credentials)
                #expect(list.status == 200 && list.texts == ["by jwt", "by token", "by session", "by basic"])
                #expect(list.callsOfLogin == (credentials == .jwt ? 0 : 1))
            }
            #expect(login.calls.count == 6)
        }
    }

    @Test func `each call of login names compare, its scope and nothing more than it needs`() async throws {
        try await withCompare { compare, login in
            for credentials in Credentials.asking { _ = try await compare.list(credentials) }
            #expect(
                login.calls == [
                    .init(
                        path: "/passwords/verify", issuer: "compare", scope: "passwords:verify",
                        body: ["username": "alice", "password": StubLogin.password, "address": "127.0.0.1"]),
                    .init(
                        path: "/introspect", issuer: "compare", scope: "sessions:introspect",
                        body: ["token": StubLogin.cookie, "token_type_hint": "session"]),
                    .init(
                        path: "/introspect", issuer: "compare", scope: "tokens:introspect",
                        body: ["token": StubLogin.apiToken]),
                ])
        }
    }

    @Test(arguments: Credentials.allCases)
    func `a request without credentials is rejected without a call of login`(credentials: Credentials) async throws {
        try await withCompare { compare, login in
            let others: [HTTPFields] = [
                [:], [.authorization: "Digest x"], [.cookie: "other=x"], [.cookie: "hallpass="],
                [.cookie: "__Host-hallpass=\(StubLogin.cookie)"],
            ]
            for headers in others {
                for response in [
                    try await compare.list(credentials, headers), try await compare.add("x", credentials, headers),
                ] {
                    #expect(response.status == 401 && response.callsOfLogin == 0)
                    let challenge = response.headers[.wwwAuthenticate]
                    #expect(credentials == .jwt || challenge == credentials.challenge)
                    #expect(credentials != .jwt || challenge?.hasPrefix("Bearer ") == true)
                }
            }
            #expect(login.calls.isEmpty)
        }
    }

    @Test(arguments: [Credentials.basic, .session, .token])
    func `wrong credentials are rejected after one call of login`(credentials: Credentials) async throws {
        try await withCompare { compare, login in
            let wrong: [Credentials: [HTTPFields]] = [
                .basic: ["alice:x", "bob:\(StubLogin.password)", ":", "alice:"].map {
                    [.authorization: compare.basic($0)]
                },
                .session: [[.cookie: "hallpass=x"]],
                .token: [[.authorization: "Token \(String(repeating: "0", count: 40))"]],
            ]
            let all = wrong[credentials] ?? []
            for headers in all {
                let response = try await compare.list(credentials, headers)
                #expect(response.status == 401 && response.callsOfLogin == 1)
                #expect(response.headers[.wwwAuthenticate] == credentials.challenge)
            }
            #expect(login.calls.count == all.count)
        }
    }

    @Test func `a token that no login issues is rejected without a call`() async throws {
        try await withCompare { compare, login in
            let access = try compare.tokens.user(UUID(), audience: "compare", scope: "")
            for token in [access, StubLogin.apiToken.uppercased(), StubLogin.apiToken + "0", "x"] {
                let response = try await compare.list(.token, [.authorization: "Token \(token)"])
                #expect(response.status == 401 && response.code == "invalid_token" && response.callsOfLogin == 0)
            }
            let foreign = try compare.tokens.user(UUID(), audience: "orders", scope: "")
            for token in [foreign, StubLogin.apiToken] {
                let response = try await compare.list(.jwt, [.authorization: "Bearer \(token)"])
                #expect(response.status == 401 && response.callsOfLogin == 0)
            }
            #expect(login.calls.isEmpty)
        }
    }

    @Test(arguments: [
        (Credentials.basic, "Basic"), (.basic, "Basic "), (.basic, "Basic  eDp5"), (.basic, "Basic eA=="),
        (.basic, "Basic e"), (.basic, "Basic /zo="), (.basic, "Basic eDoA"), (.basic, "Basic eDp5, x"),
        (.token, "Token"), (.token, "Token "), (.token, "Token a b"), (.jwt, "Bearer a b"),
    ])
    func `malformed credentials are a bad request`(credentials: Credentials, field: String) async throws {
        try await withCompare { compare, login in
            let response = try await compare.list(credentials, [.authorization: field])
            #expect(response.status == 400 && response.code == "invalid_request" && response.callsOfLogin == 0)
            #expect(login.calls.isEmpty)
        }
    }

    @Test(arguments: [Credentials.basic, .token, .jwt])
    func `two Authorization fields are a bad request`(credentials: Credentials) async throws {
        try await withCompare { compare, login in
            var headers = try compare.headers(credentials)
            headers.append(HTTPField(name: .authorization, value: headers[.authorization] ?? ""))
            #expect(try await compare.list(credentials, headers).status == 400)
            #expect(login.calls.isEmpty)
        }
    }

    @Test func `a scheme may be in any case`() async throws {
        try await withCompare { compare, _ in
            for credentials in [Credentials.basic, .token] {
                let field = try #require(try compare.headers(credentials)[.authorization])
                let parts = field.split(separator: " ")
                for scheme in [parts[0].uppercased(), parts[0].lowercased()] {
                    #expect(
                        try await compare.list(credentials, [.authorization: "\(scheme) \(parts[1])"]).status == 200)
                }
            }
        }
    }

    @Test(arguments: Credentials.allCases)
    func `only the JWT works while login is down`(credentials: Credentials) async throws {
        try await ServiceUnderTest<Compare>.run(.live, environment: ["LOGIN_URL": "http://127.0.0.1:1"]) { compare in
            let response = try await compare.list(credentials)
            if credentials == .jwt {
                #expect(response.status == 200 && response.callsOfLogin == 0)
            } else {
                #expect(response.status == 503 && response.code == "login_unavailable" && response.callsOfLogin == 1)
                #expect(response.headers[.retryAfter] == "1")
            }
        }
    }

    @Test(arguments: [
        StubLogin.StubResponse(status: .unauthorized), .init(status: .notFound), .init(status: .badRequest),
        .init(status: .internalServerError), .init(status: .serviceUnavailable), .init(json: "x"), .init(json: "[]"),
        .init(json: #"{"active":"true"}"#), .init(json: #"{"account_id":7}"#),
    ])
    func `an unexpected response of login lets nobody in`(response: StubLogin.StubResponse) async throws {
        try await withCompare { compare, login in
            login.fixedResponse = response
            for credentials in Credentials.asking {
                let rejected = try await compare.list(credentials)
                #expect(rejected.status == 503 && rejected.headers[.retryAfter] != nil)
            }
            #expect(try await compare.list(.jwt).status == 200)
        }
    }

    @Test(arguments: ["", "x", "0A0A0A0A-0A0A-7A0A-8A0A-0A0A0A0A0A0A", "\(StubLogin.account) "])
    func `an id that no account has lets nobody in`(id: String) async throws {
        try await withCompare { compare, login in
            for (credentials, type) in [(Credentials.basic, ""), (.session, "Session"), (.token, "Token")] {
                login.fixedResponse = .init(
                    json: #"{"account_id":"\#(id)","active":true,"token_type":"\#(type)","sub":"\#(id)"}"#)
                let rejected = try await compare.list(credentials)
                #expect(rejected.status == 503 && rejected.code == "login_unavailable")
            }
        }
    }

    @Test func `a session that login does not let compare read is an outage`() async throws {
        try await withCompare { compare, login in
            login.fixedResponse = .init(status: .forbidden, json: #"{"code":"session_reader_required"}"#)
            for credentials in [Credentials.session, .token] {
                let response = try await compare.list(credentials)
                #expect(response.status == 503 && response.headers[.retryAfter] != nil)
            }
        }
    }

    @Test func `an introspected credential of another kind lets nobody in`() async throws {
        try await withCompare { compare, login in
            for type in ["Bearer", "Session", "Token"] {
                login.fixedResponse = .init(
                    json: #"{"active":true,"token_type":"\#(type)","sub":"\#(StubLogin.account)"}"#)
                let (token, session) = (try await compare.list(.token), try await compare.list(.session))
                #expect(token.status == (type == "Token" ? 200 : 401))
                #expect(session.status == (type == "Session" ? 200 : 401))
            }
            login.fixedResponse = .init(json: #"{"active":true,"token_type":"Token"}"#)
            #expect(try await compare.list(.token).status == 401)
        }
    }

    @Test func `a caller with too many failures at login waits`() async throws {
        try await withCompare { compare, login in
            login.fixedResponse = .init(status: .tooManyRequests, headers: [.retryAfter: "7"])
            let response = try await compare.list(.basic)
            #expect(response.status == 429 && response.headers[.retryAfter] == "7" && response.callsOfLogin == 1)
        }
    }
}
