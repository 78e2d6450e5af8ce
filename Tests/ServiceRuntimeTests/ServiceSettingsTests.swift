import Configuration
import Logging
import TestSupport
import Testing

@testable import ServiceRuntime

@Suite struct ServiceSettingsTests {
    private func settings(_ environment: [String: String]) throws -> ServiceSettings {
        try Settings.read(ConfigReader(environment: environment)) {
            ServiceSettings(name: "inbox", defaultPort: 8083, &$0)
        }
    }

    @Test func `an empty environment gives the documented defaults`() throws {
        for environment in [[:], ["HOST": "", "PORT": "", "CORS_ORIGINS": "", "TOKEN_COOKIE": "", "LOG_LEVEL": ""]] {
            let settings = try settings(environment)
            #expect(settings.name == "inbox")
            #expect(settings.host == "127.0.0.1")
            #expect(settings.port == 8083)
            #expect(settings.origins == ["http://localhost:8080"])
            #expect(!settings.allowsCookies)
            #expect(settings.swaggerUI == "swagger-ui")
            #expect(settings.connectionLimits.maximumConnections == 12_000)
            #expect(settings.connectionLimits.maximumConnectionsPerNetwork == 1000)
            #expect(settings.log.level == .info)
            #expect(settings.log.format == .text)
        }
    }

    @Test func `each variable sets its value`() throws {
        let settings = try settings([
            "HOST": "0.0.0.0", "PORT": "80", "CORS_ORIGINS": "https://a.example", "TOKEN_COOKIE": "on",
            "SWAGGER_UI": "/ui", "LOG_LEVEL": "warning", "LOG_FORMAT": "json", "MAX_CONNECTIONS": "50",
            "MAX_CONNECTIONS_PER_NETWORK": "10",
        ])
        #expect(settings.host == "0.0.0.0")
        #expect(settings.port == 80)
        #expect(settings.origins == ["https://a.example"])
        #expect(settings.allowsCookies)
        #expect(settings.swaggerUI == "/ui")
        #expect(settings.connectionLimits.maximumConnections == 50)
        #expect(settings.connectionLimits.maximumConnectionsPerNetwork == 10)
        #expect(settings.log.level == .warning)
        #expect(settings.log.format == .json)
    }

    @Test(arguments: ["-1", "65536", "1e3", " 80", "99999999999999999999", "８０"])
    func `an invalid port is rejected`(port: String) {
        let error = #expect(throws: ConfigurationError.self) { try settings(["PORT": port]) }
        #expect(error?.description == "PORT: must be a whole number from 0 to 65535")
    }

    @Test(arguments: [
        ("off", []), ("https://a.example, https://b.example", ["https://a.example", "https://b.example"]),
        ("http://localhost:8080 http://[::1]:8080", ["http://localhost:8080", "http://[::1]:8080"]),
        ("https://Shop.Example:443\r", ["https://shop.example"]), ("http://a.example:80", ["http://a.example"]),
        ("https://a.example:80", ["https://a.example:80"]), ("http://[0:0::1]:0080", ["http://[::1]"]), ("off\r\n", []),
        ("https://xn--bcher-kva.example", ["https://xn--bcher-kva.example"]),
        ("https://a.example:", ["https://a.example"]),
    ])
    func `the allowed origins are a list or none`(text: String, origins: [String]) throws {
        #expect(try settings(["CORS_ORIGINS": text]).origins == Set(origins))
    }

    @Test(arguments: [
        "*", "off https://a.example", "OFF", "https://a.example/", "null", "https://", "https://*.example",
        "https://a.example?x", "https://a.example#x", "https://u@a.example", "a.example", "https://bücher.example",
        "javascript:alert(1)", "https://a.example/path",
        "https://a..example", "https://a.example:0", "https://a.example:65536", "https://a.example:x", "https://1.2.3",
        "https://[::1", "https://[a]", "https://a%2eexample", "ftp://a.example",
    ])
    func `an invalid origin is rejected, and the reason names it`(text: String) throws {
        let error = #expect(throws: ConfigurationError.self) { try settings(["CORS_ORIGINS": text]) }
        let variable = try #require(error?.invalidVariables.first)
        #expect(variable.name == "CORS_ORIGINS")
        #expect(variable.reason.contains("'\(text.split(separator: " ")[0])' is not an origin"))
    }

    @Test(arguments: ["[::1]", "127.0.0.1:80", "http://a", "a/b", "a b", "löcal"])
    func `a host that is no address alone is rejected`(host: String) throws {
        let error = #expect(throws: ConfigurationError.self) { try settings(["HOST": host]) }
        #expect(error?.description.hasPrefix("HOST: '\(host)' is not an address; ") == true)
    }

    @Test(arguments: ["::1", "::", "0.0.0.0", "localhost", "my_host.internal"])
    func `a host is an address or a name`(host: String) throws {
        #expect(try settings(["HOST": host]).host == host)
    }

    @Test(arguments: ["127.0.0.1\r", " 127.0.0.1", "localhost\r\n"])
    func `a value with white space at an end is rejected`(host: String) throws {
        let error = #expect(throws: ConfigurationError.self) { try settings(["HOST": host]) }
        #expect(error?.invalidVariables.map(\.name) == ["HOST"])
        #expect(error?.description.contains("must not begin or end with white space") == true)
    }

    @Test func `all invalid variables of a service are reported together`() {
        let environment = [
            "PORT": "eighty", "CORS_ORIGINS": "*", "TOKEN_COOKIE": "yes", "LOG_LEVEL": "loud", "LOG_FORMAT": "xml",
        ]
        let error = #expect(throws: ConfigurationError.self) { try settings(environment) }
        #expect(
            error?.invalidVariables.map(\.name)
                == ["PORT", "TOKEN_COOKIE", "LOG_LEVEL", "LOG_FORMAT", "CORS_ORIGINS"])
    }
}
