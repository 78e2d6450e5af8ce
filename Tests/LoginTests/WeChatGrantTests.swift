import Foundation
import HTTPTypes
import HummingbirdTesting
import ServiceRuntime
import TestSupport
import Testing

@testable import LoginService

@Suite struct WeChatGrantTests {
    private static let code = "a code+/&=%é"

    private func withWeChat(_ body: @Sendable (LoginUnderTest, StubWeChat) async throws -> Void) async throws {
        try await StubWeChat.run { weChat in
            try await LoginUnderTest.run(environment: weChat.environment) { try await body($0, weChat) }
        }
    }

    private func signIn(_ login: LoginUnderTest, _ parameters: [String: String] = [:]) async throws -> ReceivedResponse
    {
        try await login.token(["grant_type": "wxapp", "code": Self.code].merging(parameters) { $1 })
    }

    @Test func `a code is sent to WeChat with the id and the secret of the mini program`() async throws {
        try await withWeChat { login, weChat in
            weChat.accept(openID: "openid-of-alice")
            _ = try await signIn(login)
            let lines = try #require(weChat.requests.first).split(separator: "\r\n").map { $0.lowercased() }
            let line = try #require(weChat.requests.first?.prefix { $0 != "\r\n" })
            #expect(
                line == """
                    GET /sns/jscode2session?appid=wx0123456789abcdef&secret=wechat%20secret%2B%2F%26%3D0123456789\
                    &js_code=a%20code%2B%2F%26%3D%25%C3%A9&grant_type=authorization_code HTTP/1.1
                    """)
            #expect(!lines.contains { $0.hasPrefix("x-request-id") || $0.hasPrefix("traceparent") })
        }
    }

    @Test(arguments: [
        ["grant_type": "wxapp", "code": "x"], ["grant_type": "urn:hallpass:grant-type:wxapp", "code": "x"],
        ["grant_type": "wxapp", "username": "x"],
    ])
    func `a user without an account gets a token that allows only to register`(
        parameters: [String: String]
    ) async throws {
        try await withWeChat { login, weChat in
            weChat.accept(openID: "openid-of-alice")
            let response = try await login.token(parameters)
            #expect(response.status == 200 && response.headers[.cacheControl] == "no-store")
            #expect(Set(response.json.keys) == ["access_token", "token_type", "expires_in", "scope"])
            #expect(response["scope"] == "register" && response["token_type"] == "Bearer" && response.expiresIn == 600)
            let claims = try payload(of: response.accessToken)
            #expect(Set(claims.keys) == ["iss", "sub", "aud", "iat", "exp", "jti", "scope"])
            #expect((claims["sub"] as? String)?.hasPrefix("wxapp:") == true)
            #expect(claims["aud"] as? [String] ?? [claims["aud"] as? String ?? ""] == ["login"])
            #expect(!response.text.contains(StubWeChat.sessionKey) && weChat.requests.count == 1)
            for path in ["/me", "/sessions", "/api-tokens"] {
                #expect(try await login.client.send(.get, path, token: response.accessToken).status == 401)
            }
            #expect(try await login.client.send(.post, "/logout", token: response.accessToken).status == 401)
            #expect(try await login.introspect(response.accessToken).text == #"{"active":false}"#)
            #expect(try await login.rows("SELECT id FROM sessions").isEmpty)
        }
    }

    @Test(arguments: [
        (40029, 400, "invalid_grant"), (40163, 400, "invalid_grant"), (40226, 400, "invalid_grant"),
        (45011, 429, "temporarily_unavailable"), (-1, 503, "temporarily_unavailable"),
        (40013, 503, "temporarily_unavailable"), (40125, 503, "temporarily_unavailable"),
        (99999, 503, "temporarily_unavailable"),
    ])
    func `an error of WeChat becomes an error of the token endpoint`(
        errcode: Int, status: Int, error: String
    ) async throws {
        try await withWeChat { login, weChat in
            for openID in ["", #","openid":"openid-of-alice""#] {
                weChat.behavior = .json(#"{"errcode":\#(errcode),"errmsg":"a text of WeChat"\#(openID)}"#)
                let response = try await signIn(login)
                #expect(response.status == status && response["error"] == error)
                #expect((response.headers[.retryAfter] != nil) == (status != 400))
                #expect(!response.text.contains("a text of WeChat"))
            }
            #expect(weChat.requests.count == 2)
        }
    }

    @Test(arguments: [
        StubWeChat.Behavior.json(""), .json("x"), .json("null"), .json("[]"), .json("{}"), .json(#"{"errcode":0}"#),
        .json(#"{"openid":""}"#), .json(#"{"openid":7}"#), .json(#"{"openid":null}"#), .json(#"{"openid":"a"}x"#),
        .json(#"{"openid":"a","openid":"b"}"#), .json(#"{"openid":"a","errcode":"40029"}"#),
        .json(#"{"openid":"a","errcode":null}"#), .json(#"{"openid":"a","errcode":0,"errcode":40029}"#),
        .json(#"{"openid":"a","errcode":1.5}"#), .json("{\"openid\":\"a\u{0}\"}"),
        .json(#"{"openid":"\#(String(repeating: "a", count: 129))"}"#),
        .json(#"{"openid":"a","x":"\#(String(repeating: "x", count: 20_000))"}"#),
        .json(String(repeating: "[", count: 10_000)),
        .raw("SSH-2.0-OpenSSH\r\n"), .raw("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"),
        .raw("HTTP/1.1 500 X\r\nContent-Length: 14\r\n\r\n{\"openid\":\"a\"}"),
        .raw("HTTP/1.1 302 X\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"), .closes,
    ])
    func `an unusable response of WeChat is an outage, and the code is sent once`(
        behavior: StubWeChat.Behavior
    ) async throws {
        try await withWeChat { login, weChat in
            weChat.accept(openID: "openid-of-alice")
            #expect(try await signIn(login).status == 200)
            weChat.behavior = behavior
            let response = try await signIn(login)
            #expect(response.status == 503 && response["error"] == "temporarily_unavailable")
            #expect(response.headers[.retryAfter] != nil)
            #expect(weChat.requests.count == 2)
        }
    }

    @Test func `a silent WeChat is an outage after a time limit, and the code is sent once`() async throws {
        try await withWeChat { login, weChat in
            let response = try await signIn(login)
            #expect(response.status == 503 && response["error"] == "temporarily_unavailable")
            #expect(weChat.requests.count == 1)
        }
    }

    @Test func `an unreachable WeChat is an outage`() async throws {
        let environment = ["WXAPP_ID": "x", "WXAPP_SECRET": "y", "WXAPP_URL": "http://127.0.0.1:1"]
        try await LoginUnderTest.run(environment: environment) { login in
            let response = try await signIn(login)
            #expect(response.status == 503 && response["error"] == "temporarily_unavailable")
        }
    }

    @Test(arguments: [
        ["grant_type": "wxapp"], ["grant_type": "wxapp", "code": ""],
    ])
    func `a malformed request does not reach WeChat`(parameters: [String: String]) async throws {
        try await withWeChat { login, weChat in
            let response = try await login.token(parameters)
            #expect(response.status == 400 && response["error"] == "invalid_request")
            let long = try await signIn(login, ["code": String(repeating: "x", count: 257)])
            #expect(long["error"] == "invalid_grant")
            #expect(weChat.requests.isEmpty)
        }
    }

    @Test(arguments: WeChatGrant.grantTypes)
    func `the grant does not exist without a mini program`(grantType: String) async throws {
        try await LoginUnderTest.run { login in
            let response = try await login.token(["grant_type": grantType, "code": "x"])
            #expect(response.status == 400 && response["error"] == "unsupported_grant_type")
        }
    }

    @Test func `the metadata name the grant where it exists`() async throws {
        try await withWeChat { login, _ in
            let metadata = try await login.client.send(.get, "/.well-known/oauth-authorization-server")
            let grants = metadata.json["grant_types_supported"] as? [String] ?? []
            #expect(Set(grants).isSuperset(of: WeChatGrant.grantTypes))
        }
    }

    @Test(arguments: [
        (["WXAPP_ID": "x"], ["WXAPP_SECRET"]), (["WXAPP_SECRET": "x"], ["WXAPP_ID"]),
        (["WXAPP_ID": "x", "WXAPP_SECRET": "y", "WXAPP_URL": "http://weixin.example"], ["WXAPP_URL"]),
        (["WXAPP_ID": "x", "WXAPP_SECRET": "y", "WXAPP_URL": "http://localhost.example"], ["WXAPP_URL"]),
        (["WXAPP_ID": "x", "WXAPP_SECRET": "y", "WXAPP_URL": "weixin"], ["WXAPP_URL"]),
    ])
    func `an incomplete mini program prevents the start`(
        environment: [String: String], variables: [String]
    ) async throws {
        let error = await #expect(throws: ConfigurationError.self) {
            try await LoginUnderTest.application(environment: environment)
        }
        #expect(error?.invalidVariables.map(\.name) == variables)
    }

    @Test(.timeLimit(.minutes(2)))
    func `no log and no file of login has the secret, the session key, the openid or the code`() async throws {
        try await StubWeChat.run { weChat in
            try await withCluster(running: []) { cluster in
                let environment = weChat.environment.merging(["LOG_LEVEL": "trace"]) { $1 }
                try await cluster.start(.login, environment: environment)
                let code = "code-that-nobody-else-has"
                let json = #"{"grant_type":"wxapp","code":"\#(code)"}"#
                let responses: [(StubWeChat.Behavior, Int)] = [
                    (.json(#"{"errcode":40013,"errmsg":"\#(StubWeChat.sessionKey)"}"#), 503), (.closes, 503),
                    (.json(#"{"openid":"openid-of-alice","session_key":"\#(StubWeChat.sessionKey)"}"#), 200),
                ]
                for (behavior, status) in responses {
                    weChat.behavior = behavior
                    #expect(try await cluster.send(.post, .login, "/token", json: json).status == status)
                }
                let token = try #require(try await cluster.send(.post, .login, "/token", json: json)["access_token"])
                let bound = try await cluster.send(
                    .post, .login, "/accounts/bind", token: token,
                    json: #"{"username":"dave","password":"\#(Demo.password)"}"#)
                #expect(bound.status == 201)
                #expect(try await cluster.send(.post, .login, "/token", json: json)["refresh_token"] != nil)
                var files = [try cluster.log(.login)]
                let data = cluster.directory.appending(path: "data")
                for name in try FileManager.default.contentsOfDirectory(atPath: data.path) {
                    files.append(String(decoding: try Data(contentsOf: data.appending(path: name)), as: UTF8.self))
                }
                #expect(files[0].contains("40013"))
                #expect(files.count > 1 || TestEngine.selected == .postgresql)
                for text in [StubWeChat.secret, "wechat%20secret", StubWeChat.sessionKey, "openid-of-alice", code] {
                    #expect(!files.contains { $0.contains(text) })
                }
            }
        }
    }
}
