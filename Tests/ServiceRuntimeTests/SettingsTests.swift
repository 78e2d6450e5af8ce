import Configuration
import Database
import ServiceRuntime
import TestSupport
import Testing

@Suite struct SettingsTests {
    /// Reads `VALUE`, with this text or not set, and returns the result or the reason why it is invalid.
    private func read<Value: Equatable>(
        _ text: String?, _ body: (inout Settings) -> Value
    ) throws -> Result<Value, ReadError> {
        do {
            return .success(try Settings.read(ConfigReader(environment: text.map { ["VALUE": $0] } ?? [:]), body))
        } catch let error as ConfigurationError {
            #expect(error.invalidVariables.map(\.name) == ["VALUE"])
            return .failure(ReadError(reason: try #require(error.invalidVariables.first).reason))
        }
    }

    private struct ReadError: Error, Equatable {
        let reason: String
    }

    @Test(arguments: [(nil, nil), ("", nil), ("a b", "a b"), ("ä", "ä")])
    func `an empty variable counts as one that is not set`(text: String?, value: String?) throws {
        #expect(try read(text) { $0.string("VALUE") } == .success(value))
        #expect(try read(text) { $0.string("VALUE", isSecret: true) } == .success(value))
    }

    @Test(arguments: [(nil, 7), ("", 7), ("-5", -5), ("0", 0), ("10", 10), ("+3", 3), ("007", 7)])
    func `a whole number within the range is accepted`(text: String?, value: Int) throws {
        #expect(try read(text) { $0.integer("VALUE", default: 7, in: -5...10) } == .success(value))
    }

    @Test(arguments: ["-6", "11", "1e1", "1.0", " 8", "8 ", "0x8", "eight", "99999999999999999999", "８"])
    func `any other number is invalid, and the reason states the range`(text: String) throws {
        let reason = ReadError(reason: "must be a whole number from -5 to 10")
        #expect(try read(text) { $0.integer("VALUE", default: 7, in: -5...10) } == .failure(reason))
    }

    @Test(arguments: [(nil, true), ("", true), ("on", true), ("off", false)])
    func `a switch is on or off`(text: String?, value: Bool) throws {
        #expect(try read(text) { $0.toggle("VALUE", default: true) } == .success(value))
    }

    @Test(arguments: ["yes", "true", "1", "ON", "on "])
    func `any other text for a switch is invalid, and the reason states the words`(text: String) throws {
        #expect(
            try read(text) { $0.toggle("VALUE", default: true) } == .failure(.init(reason: "must be one of: off, on")))
    }

    @Test func `a choice returns the value of its word, and the reason lists all words in order`() throws {
        let words = ["small": 1, "large": 3, "medium": 2]
        #expect(try read("large") { $0.choice("VALUE", default: 0, from: words) } == .success(3))
        #expect(try read(nil) { $0.choice("VALUE", default: 0, from: words) } == .success(0))
        #expect(
            try read("huge") { $0.choice("VALUE", default: 0, from: words) }
                == .failure(.init(reason: "must be one of: large, medium, small")))
    }

    @Test(arguments: [
        ("a b,c", ["a", "b", "c"]), ("a,b, c", ["a", "b", "c"]), (" a  b c ", ["a", "b", "c"]), ("a", ["a"]),
        (",", []), ("a b\r", ["a", "b"]), ("a\r\nb\tc", ["a", "b", "c"]), (nil, ["default"]), ("", ["default"]),
    ])
    func `the items of a list are separated by spaces or commas`(text: String?, items: [String]) throws {
        #expect(try read(text) { $0.list("VALUE", default: ["default"]) } == .success(items))
    }

    @Test(arguments: [
        (nil, "http://localhost:8081"), ("", "http://localhost:8081"), ("https://a.example", "https://a.example"),
        ("http://[::1]:8081/base", "http://[::1]:8081/base"), ("https://A.Example:443/Base", "https://a.example/Base"),
    ])
    func `the URL of a server is used in its canonical spelling`(text: String?, url: String) throws {
        #expect(try read(text) { $0.url("VALUE", default: "http://localhost:8081") } == .success(url))
    }

    @Test(arguments: [
        "localhost:8081", "ftp://localhost", "HTTP://localhost", "http://localhost/", "http://u@localhost",
        "http://local host", "http://localhost?x=1", "http://localhost#x", "http://lo\"calhost", "http://lo<calhost",
        "http://lo>calhost", "http://löcalhost", "http://local\u{7F}host",
    ])
    func `any other URL is invalid, and the reason shows an example`(text: String) throws {
        let reason = ReadError(reason: "must be a URL like http://localhost:8081, without a trailing slash")
        #expect(try read(text) { $0.url("VALUE", default: "http://localhost:8081") } == .failure(reason))
    }

    @Test func `all invalid variables are reported together, one a line, in the order of their reading`() {
        let error = #expect(throws: ConfigurationError.self) {
            try Settings.read(ConfigReader(environment: ["B_PORT": "x", "A_SWITCH": "x", "GOOD": "1"])) {
                _ = $0.integer("B_PORT", default: 1, in: 0...9)
                _ = $0.integer("GOOD", default: 1, in: 0...9)
                _ = $0.toggle("A_SWITCH", default: true)
                $0.reject("OTHER", "is too old")
            }
        }
        #expect(
            error?.description == """
                B_PORT: must be a whole number from 0 to 9
                A_SWITCH: must be one of: off, on
                OTHER: is too old
                """)
    }

    @Test func `a rejection that is thrown is reported with the variables rejected before`() {
        let error = #expect(throws: ConfigurationError.self) {
            try Settings.read(ConfigReader(environment: ["PORT": "x"])) {
                _ = $0.integer("PORT", default: 1, in: 0...9)
                throw $0.reject("JWT_SECRET", "is missing")
            }
        }
        #expect(error?.invalidVariables.map(\.name) == ["PORT", "JWT_SECRET"])
    }

    @Test func `another error passes through only if no variable was rejected`() {
        struct OtherError: Error {}
        #expect(throws: OtherError.self) {
            try Settings.read(ConfigReader(environment: [:])) { _ in throw OtherError() }
        }
        #expect(throws: ConfigurationError.self) {
            try Settings.read(ConfigReader(environment: [:])) {
                $0.reject("PORT", "is too old")
                throw OtherError()
            }
        }
    }

    @Test func `the database of a service is a file with its name by default`() throws {
        func url(_ environment: [String: String]) throws -> DatabaseURL {
            try Settings.read(ConfigReader(environment: environment)) { $0.databaseURL(service: "orders") }
        }
        #expect(try url([:]).description == "sqlite:data/orders.sqlite")
        #expect(try url(["DATABASE_URL": "sqlite:/var/lib/x.sqlite"]).description == "sqlite:/var/lib/x.sqlite")
        #expect(try url(["DATABASE_URL": "sqlite::memory:"]) == .inMemory)
    }

    @Test func `an invalid database URL, which may contain a password, is not repeated`() {
        let error = #expect(throws: ConfigurationError.self) {
            try Settings.read(ConfigReader(environment: ["DATABASE_URL": "mysql://root:hunter2@host/x"])) {
                _ = $0.databaseURL(service: "test")
            }
        }
        #expect(error?.invalidVariables.map(\.name) == ["DATABASE_URL"])
        #expect(error?.description.contains("hunter2") == false)
    }
}
