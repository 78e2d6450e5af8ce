import HTTPTypes
import HummingbirdTesting
import TestSupport
import Testing

@testable import LoginService

@Suite struct NULTests {
    @Test func `the character U+0000 is rejected in every text of a request`() async throws {
        try await LoginUnderTest.run { login in
            #expect(try await login.signUp("alice").status == 201)
            let token = try await login.signIn("alice")["access_token"]
            let requests: [(HTTPRequest.Method, String, String?)] = [
                (.post, "/signup", #"{"username":"a\u0000bc","password":"an uncommon password"}"#),
                (.post, "/signup", #"{"username":"bob","password":"an uncommon\u0000 password"}"#),
                (.post, "/token", #"{"grant_type":"password","username":"alice\u0000","password":"x"}"#),
                (.post, "/token", #"{"grant_type":"password","username":"alice","password":"\u0000"}"#),
                (.post, "/token", #"{"grant_type":"refresh_token","refresh_token":"\u0000"}"#),
                (.post, "/token", #"{"grant_type":"refresh_token","refresh_token":"x","scope":"\u0000"}"#),
                (.delete, "/me", #"{"password":"\u0000"}"#),
                (.post, "/password", #"{"current_password":"\u0000","new_password":"an uncommon password"}"#),
                (.get, "/sessions?after=%00", nil), (.delete, "/sessions/%00", nil),
                (.get, "/sessions?limit=%00", nil),
            ]
            for (method, uri, json) in requests {
                let response = try await login.client.send(method, uri, token: token, json: json)
                #expect((400..<500).contains(response.status), "\(method) \(uri) \(json ?? "")")
            }
            for body in ["username=alice%00", "grant_type=password&username=alice&password=%00", "token=%00"] {
                #expect(try await login.form(body).status == 400)
            }
            for uri in ["/revoke", "/login"] {
                let response = try await login.client.send(
                    .post, uri, headers: [.contentType: "application/x-www-form-urlencoded"],
                    json: "token=%00&username=alice%00&password=%00&next=%00")
                #expect((400..<500).contains(response.status))
            }
        }
    }
}
