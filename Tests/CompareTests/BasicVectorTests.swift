import HTTPTypes
import HummingbirdTesting
import TestSupport
import Testing

@testable import CompareService

@Suite struct BasicVectorTests {
    /// RFC 7617 sections 2 and 2.1, and a password with colons.
    @Test(arguments: [
        ("QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "Aladdin", "open sesame"), ("dGVzdDoxMjPCow==", "test", "123£"),
        ("YTpiOmM6", "a", "b:c:"),
    ])
    func `the credentials of RFC 7617 reach login as their name and password`(
        credentials: String, username: String, password: String
    ) async throws {
        try await withCompare { compare, login in
            let response = try await compare.list(.basic, [.authorization: "Basic \(credentials)"])
            #expect(response.status == 401)
            let call = try #require(login.calls.first)
            #expect(login.calls.count == 1)
            #expect(call.body["username"] == username && call.body["password"] == password)
        }
    }

    @Test func `the credentials that the article prints in lower case are a bad request`() async throws {
        try await withCompare { compare, login in
            let response = try await compare.list(.basic, [.authorization: "Basic qwxhzgrpbjpvcgvuihnlc2ftzq=="])
            #expect(response.status == 400)
            #expect(login.calls.isEmpty)
        }
    }
}
