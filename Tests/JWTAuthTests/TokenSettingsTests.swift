import Configuration
import ServiceRuntime
import TestSupport
import Testing

@testable import JWTAuth

@Suite struct TokenSettingsTests {
    /// The invalid variables; nil when all are valid.
    private func invalidVariables(_ environment: [String: String]) -> [ConfigurationError.InvalidVariable]? {
        do {
            _ = try Settings.read(ConfigReader(environment: environment)) { settings in
                _ = settings.databaseURL(service: "test")
                _ = try TokenSettings(clock: .system, &settings)
            }
            return nil
        } catch {
            return (error as? ConfigurationError)?.invalidVariables
        }
    }

    @Test func `a service without a key says how to create one`() {
        let variables = invalidVariables([:])
        #expect(variables?.map(\.name) == ["JWT_KEYS_FILE"])
        #expect(variables?.first?.reason.contains("jwt keys new") == true)
    }

    @Test(arguments: [
        "secret", "changeme", "12345", "short", String(repeating: "x", count: 31), "-----BEGIN PUBLIC KEY-----\nMIIB",
    ])
    func `a weak secret is rejected and does not appear in the message`(secret: String) {
        let variables = invalidVariables(["JWT_SECRET": secret])
        #expect(variables?.map(\.name) == ["JWT_SECRET"])
        #expect(variables?.first?.reason.contains(secret) == false || secret == "secret")
    }

    @Test(arguments: [
        "login", " https://login.example", "https://login.example\r", "javascript:alert(1)", "https://bücher.example",
        "https://u:p@login.example", "https://login.example?x=1", "https://login.example#x", "ftp://login.example",
        "https://", "//login.example", "https://login example",
    ])
    func `an issuer that is no URL is rejected`(issuer: String) {
        let invalid = invalidVariables(["JWT_SECRET": TokenMint.secret, "JWT_ISSUER": issuer])
        #expect(invalid?.map(\.name) == ["JWT_ISSUER"])
    }

    @Test(arguments: [
        ("https://Login.Example:443", "https://login.example"), ("http://LOCALHOST:8080", "http://localhost:8080"),
        ("https://login.example/Realm/", "https://login.example/Realm/"),
    ])
    func `an issuer is used in its canonical spelling`(text: String, issuer: String) throws {
        let environment = ["JWT_SECRET": TokenMint.secret, "JWT_ISSUER": text]
        let settings = try Settings.read(ConfigReader(environment: environment)) {
            try TokenSettings(clock: .system, &$0)
        }
        #expect(settings.issuer == issuer)
    }

    @Test func `a secret beside a key file is rejected`() {
        let invalid = invalidVariables(["JWT_SECRET": TokenMint.secret, "JWT_KEYS_FILE": "x"])
        #expect(invalid?.map(\.name) == ["JWT_SECRET"])
    }

    @Test func `a missing file, an invalid leeway and an invalid database are reported together`() {
        let variables = invalidVariables([
            "JWT_KEYS_FILE": "/nonexistent/jwt.json", "JWT_LEEWAY": "301", "DATABASE_URL": "oracle:x",
        ])
        #expect(variables?.map(\.name) == ["DATABASE_URL", "JWT_LEEWAY", "JWT_KEYS_FILE"])
    }
}
