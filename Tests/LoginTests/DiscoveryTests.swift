import HTTPTypes
import HummingbirdTesting
import TestSupport
import Testing

@testable import LoginService

@Suite struct DiscoveryTests {
    @Test func `the metadata document names the endpoints, grants and methods`() async throws {
        try await LoginUnderTest.run(environment: ["JWT_ISSUER": "https://login.example/"]) { login in
            let response = try await login.client.send(.get, "/.well-known/oauth-authorization-server")
            #expect(response.status == 200)
            #expect(response["issuer"] == "https://login.example/")
            #expect(response["token_endpoint"] == "https://login.example/token")
            #expect(response.json["grant_types_supported"] as? [String] == ["password", "refresh_token"])
            #expect(response.json["response_types_supported"] as? [String] == [])
            #expect(response.json["token_endpoint_auth_methods_supported"] as? [String] == ["none"])
        }
    }
}
