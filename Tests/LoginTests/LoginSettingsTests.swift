import HummingbirdTesting
import ServiceRuntime
import TestSupport
import Testing

@testable import LoginService

@Suite struct LoginSettingsTests {
    @Test(arguments: [
        ("ACCESS_TOKEN_TTL", "604801"), ("ACCESS_TOKEN_TTL", "0"), ("ACCESS_TOKEN_TTL", "x"),
        ("REFRESH_TOKEN_TTL", "-1"),
        ("TOKEN_AUDIENCES", ","), ("TOKEN_AUDIENCES", "login login"), ("DEMO_DATA", "yes"), ("JWT_SECRET", "secret"),
        ("DATABASE_URL", "mysql://x"), ("DATABASE_READ_URL", "postgres://replica/login"),
    ])
    func `the error names the invalid variable`(variable: String, value: String) async throws {
        let error = await #expect(throws: ConfigurationError.self) {
            try await LoginUnderTest.application(environment: [variable: value])
        }
        #expect(error?.invalidVariables.map(\.name) == [variable])
    }

    @Test func `access tokens that live for 365 days cannot be configured, and the reason names the limit`()
        async throws
    {
        let error = await #expect(throws: ConfigurationError.self) {
            try await LoginUnderTest.application(environment: ["ACCESS_TOKEN_TTL": "31536000"])
        }
        #expect(error?.invalidVariables.map(\.name) == ["ACCESS_TOKEN_TTL"])
        #expect("\(try #require(error))".contains("604800"))
    }

    @Test func `all invalid variables are reported together`() async throws {
        let invalid = ["PORT": "x", "ACCESS_TOKEN_TTL": "x", "DEMO_DATA": "x", "JWT_SECRET": "", "DATABASE_URL": "x:"]
        let error = await #expect(throws: ConfigurationError.self) {
            try await LoginUnderTest.application(environment: invalid)
        }
        let variables = Set((error?.invalidVariables ?? []).map(\.name))
        #expect(variables.isSuperset(of: ["PORT", "ACCESS_TOKEN_TTL", "DEMO_DATA"]))
    }

    @Test func `a token has the configured lifetime and audience`() async throws {
        try await LoginUnderTest.run(environment: ["ACCESS_TOKEN_TTL": "60", "TOKEN_AUDIENCES": "login,shop"]) {
            login in
            _ = try await login.signUp("alice")
            let response = try await login.signIn("alice")
            #expect(response.expiresIn == 60)
            let claims = try payload(of: response.accessToken)
            #expect(claims["exp"] as? Int == 1_780_000_060)
            #expect(claims["aud"] as? [String] == ["login", "shop"])
        }
    }
}
