import HTTPTypes
import HummingbirdTesting
import JWT
import ServiceRuntime
import TestSupport
import Testing

@testable import JWTAuth

@Suite struct BearerCredentialsTests {
    private let fixture = AuthenticatorFixture()
    private let cookieEnvironment = ["TOKEN_COOKIE": "on", "CORS_ORIGINS": "https://shop.example"]

    @Test(arguments: [
        ("Bearer", 400), ("Bearer ", 400), ("Bearer  x", 400), ("Bearer a b", 400), ("Bearer a,b", 400),
        ("Bearer é", 400), ("Bearer\ta", 401), ("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", 401), ("Token abc", 401),
        ("abc", 401), ("", 401),
    ])
    func `an Authorization field without a bearer token is rejected`(field: String, status: Int) async throws {
        try await fixture.application().test(.router) { client in
            let response = try await client.send(.get, "/mine", headers: [.authorization: field])
            #expect(response.status == status)
        }
    }

    @Test func `two Authorization fields are a bad request, even if both tokens are valid`() async throws {
        try await fixture.application().test(.live) { client in
            var headers = HTTPFields()
            let field = "Bearer \(try fixture.token())"
            headers.append(HTTPField(name: .authorization, value: field))
            headers.append(HTTPField(name: .authorization, value: field))
            let response = try await client.send(.get, "/mine", headers: headers)
            #expect(response.status == 400)
            #expect(response.code == "invalid_request")
        }
    }

    @Test func `a token in the query is ignored, and so is one in a cookie by default`() async throws {
        try await fixture.application().test(.router) { client in
            let token = try fixture.token()
            for uri in ["/mine?token=\(token)", "/mine?access_token=\(token)"] {
                #expect(try await client.send(.get, uri).code == "missing_token")
            }
            let response = try await client.send(.get, "/mine", headers: [.cookie: "access_token=\(token)"])
            #expect(response.code == "missing_token")
        }
    }

    @Test func `a token in the cookie is accepted if the service allows cookies`() async throws {
        try await fixture.application(cookieEnvironment).test(.router) { client in
            let cookie = "theme=dark; access_token=\(try fixture.token()); x=y"
            for method in [HTTPRequest.Method.get, .head] {
                #expect(try await client.send(method, "/mine", headers: [.cookie: cookie]).status == 200)
            }
        }
    }

    @Test(arguments: ["access_token", "access_token=", "access_token=a,b", "access_token=\"a\""])
    func `an access_token cookie without a token is a bad request`(cookie: String) async throws {
        try await fixture.application(cookieEnvironment).test(.router) { client in
            let response = try await client.send(.get, "/mine", headers: [.cookie: cookie])
            #expect(response.status == 400)
            #expect(response.code == "invalid_request")
        }
    }

    @Test(arguments: ["ACCESS_TOKEN", "xaccess_token", "access_token2", "__Host-access_token"])
    func `a cookie of another name is ignored`(name: String) async throws {
        try await fixture.application(cookieEnvironment).test(.router) { client in
            let cookie = "\(name)=\(try fixture.token())"
            #expect(try await client.send(.get, "/mine", headers: [.cookie: cookie]).code == "missing_token")
        }
    }

    @Test(arguments: [
        (nil, 403), ("https://evil.example", 403), ("null", 403), ("https://shop.example", 200),
    ])
    func `an unsafe method with a cookie requires an allowed origin`(origin: String?, status: Int) async throws {
        try await fixture.application(cookieEnvironment).test(.router) { client in
            var headers: HTTPFields = [.cookie: "access_token=\(try fixture.token())"]
            headers[.origin] = origin
            #expect(try await client.send(.post, "/mine", headers: headers).status == status)
        }
    }

    @Test func `a cookie beside an Authorization field is a bad request, and so are two cookies`() async throws {
        try await fixture.application(cookieEnvironment).test(.router) { client in
            let token = try fixture.token()
            let both = try await client.send(.get, "/mine", token: token, headers: [.cookie: "access_token=\(token)"])
            #expect(both.status == 400)
            let twice = "access_token=\(token); access_token=\(token)"
            #expect(try await client.send(.get, "/mine", headers: [.cookie: twice]).status == 400)
        }
    }
}
