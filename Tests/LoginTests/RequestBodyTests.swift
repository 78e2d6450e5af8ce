import HTTPTypes
import HummingbirdTesting
import TestSupport
import Testing

@testable import LoginService

@Suite struct RequestBodyTests {
    @Test(
        arguments: [("POST", "/password", "current_password"), ("DELETE", "/me", "password")],
        [
            ("text/plain", "{}", 415), ("application/x-www-form-urlencoded", "password=x", 415),
            ("application/json", "", 400), ("application/json", "{", 400), ("application/json", "{}", 422),
            ("application/json", #"{"current_password":1,"new_password":"x","password":1}"#, 422),
            ("application/json", #"{"current_password":null,"new_password":"x","password":null}"#, 422),
        ])
    func `an invalid body of an account request is rejected and changes nothing`(
        route: (method: String, path: String, field: String), body: (type: String, text: String, status: Int)
    ) async throws {
        try await LoginUnderTest.run { login in
            let token = try await login.signedUp().accessToken
            let method = try #require(HTTPRequest.Method(route.method))
            let response = try await login.client.send(
                method, route.path, token: token, headers: [.contentType: body.type], json: body.text)
            #expect(response.status == body.status)
            #expect(response.invalidFields == (body.status == 422 ? [route.field] : []))
            #expect(try await login.me(token) == 200)
            #expect(try await login.signIn("alice").status == 200)
        }
    }

    @Test(
        arguments: ["/token", "/revoke"],
        [("application/x-www-form-urlencoded", "token="), ("application/json", #"{"token":""#)])
    func `a body of an OAuth endpoint of more than 128 KiB is rejected`(
        path: String, body: (type: String, start: String)
    ) async throws {
        try await LoginUnderTest.run { login in
            let text = body.start + String(repeating: "x", count: 128 << 10)
            let response = try await login.client.send(.post, path, headers: [.contentType: body.type], json: text)
            #expect(response.status == 413)
        }
    }

    @Test(arguments: ["/revoke", "/introspect", "/password"])
    func `a body of an API request of more than 1 MiB is rejected`(path: String) async throws {
        try await LoginUnderTest.run(.live) { login in
            let token =
                path == "/password"
                ? try await login.signedUp().accessToken : try login.serviceToken("tokens:introspect", .post, path)
            let text = String(repeating: "x", count: 1 << 20)
            let response = try await login.client.send(.post, path, token: token, json: #"{"token":"\#(text)"}"#)
            #expect(response.status == 413)
        }
    }
}
