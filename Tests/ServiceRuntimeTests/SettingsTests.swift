import Configuration
import ServiceRuntime
import Testing

@Suite struct SettingsTests {
    @Test func `all faults are reported together, each with its variable`() {
        let environment = ["PORT": "eighty", "CORS_ORIGINS": "*", "TOKEN_COOKIE": "yes"]
        let error = #expect(throws: ConfigurationError.self) {
            try Settings.read(reader(environment)) { ServiceSettings(name: "test", defaultPort: 1, &$0) }
        }
        #expect(error?.invalidVariables.map(\.name) == ["PORT", "TOKEN_COOKIE", "CORS_ORIGINS"])
        #expect(error?.description.split(separator: "\n").count == 3)
    }

    @Test func `without an environment the documented defaults hold`() throws {
        let settings = try Settings.read(reader([:])) { ServiceSettings(name: "test", defaultPort: 8083, &$0) }
        #expect(settings.host == "127.0.0.1")
        #expect(settings.port == 8083)
        #expect(settings.origins == ["http://localhost:8080"])
        #expect(!settings.allowsCookies)
    }

    @Test(arguments: [
        ("off", []), ("https://a.example, https://b.example", ["https://a.example", "https://b.example"]),
    ])
    func `pages of other origins may be named, or switched off`(text: String, origins: [String]) throws {
        let settings = try Settings.read(reader(["CORS_ORIGINS": text])) {
            ServiceSettings(name: "test", defaultPort: 8083, &$0)
        }
        #expect(settings.origins == Set(origins))
    }

    @Test(arguments: ["*", "off https://a.example", "OFF", "https://a.example/", "null"])
    func `an origin that is none is a fault`(text: String) {
        #expect(throws: ConfigurationError.self) {
            try Settings.read(reader(["CORS_ORIGINS": text])) { ServiceSettings(name: "test", defaultPort: 1, &$0) }
        }
    }

    @Test func `an empty variable counts as one that is not set`() throws {
        let settings = try Settings.read(reader(["PORT": "", "HOST": ""])) {
            ServiceSettings(name: "test", defaultPort: 8083, &$0)
        }
        #expect(settings.port == 8083)
        #expect(settings.host == "127.0.0.1")
    }

    @Test(arguments: ["-1", "65536", "1e3", " 80", "99999999999999999999", "８０"])
    func `a port that is none is a fault`(port: String) {
        #expect(throws: ConfigurationError.self) {
            try Settings.read(reader(["PORT": port])) { ServiceSettings(name: "test", defaultPort: 1, &$0) }
        }
    }

    @Test(arguments: ["a b,c", "a,b, c", " a  b c "])
    func `lists are separated by spaces or commas`(text: String) throws {
        #expect(try Settings.read(reader(["LIST": text])) { $0.list("LIST") } == ["a", "b", "c"])
    }

    @Test(arguments: [
        "localhost:8081", "ftp://localhost", "http://localhost/", "http://u@localhost", "http://local host",
        "http://localhost?x=1",
    ])
    func `an address of a service that is no plain HTTP URL is a fault`(url: String) {
        #expect(throws: ConfigurationError.self) {
            try Settings.read(reader(["CATALOG_URL": url])) { $0.url("CATALOG_URL", default: "http://localhost:8081") }
        }
    }

    @Test func `a database URL that holds a password is not repeated in its fault`() {
        let error = #expect(throws: ConfigurationError.self) {
            try Settings.read(reader(["DATABASE_URL": "mysql://root:hunter2@host/x"])) {
                _ = $0.databaseURL(service: "test")
            }
        }
        #expect(error?.description.contains("hunter2") == false)
        #expect(error?.invalidVariables.map(\.name) == ["DATABASE_URL"])
    }
}
