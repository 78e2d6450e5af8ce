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
            #expect(response["authorization_endpoint"] == "https://login.example/authorize")
            for (name, values) in [
                (
                    "grant_types_supported",
                    ["password", "refresh_token", "authorization_code", "client_credentials"]
                ),
                ("response_types_supported", ["code"]), ("response_modes_supported", ["query"]),
                ("code_challenge_methods_supported", ["S256"]),
                ("token_endpoint_auth_methods_supported", ["client_secret_basic", "client_secret_post", "none"]),
                ("introspection_endpoint_auth_methods_supported", ["client_secret_basic", "client_secret_post"]),
                ("protected_resources", (8080...8083).map { "http://localhost:\($0)" }),
            ] {
                #expect(response.json[name] as? [String] == values)
            }
            #expect(response.json["authorization_response_iss_parameter_supported"] as? Bool == true)
        }
    }

    @Test(arguments: [
        ("https://example.com", ""), ("https://example.com/", ""), ("https://example.com/login", "/login"),
        ("https://example.com/a/b/", "/a/b"),
    ])
    func `the path of the issuer follows the name of the metadata document`(
        issuer: String, path: String
    ) async throws {
        try await LoginUnderTest.run(environment: ["JWT_ISSUER": issuer]) { login in
            for path in ["", path] {
                let response = try await login.client.send(.get, "/.well-known/oauth-authorization-server\(path)")
                #expect(response.status == 200 && response["issuer"] == issuer)
            }
        }
    }

    @Test func `the metadata of login as a resource offers no scope that nobody can ask for`() async throws {
        try await LoginUnderTest.run { login in
            let response = try await login.client.send(.get, "/.well-known/oauth-protected-resource")
            #expect(response.status == 200 && response.json["scopes_supported"] == nil)
        }
    }
}
