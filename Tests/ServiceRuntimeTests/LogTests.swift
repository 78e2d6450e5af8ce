import Configuration
import Foundation
import Logging
import TestSupport
import Testing

@testable import ServiceRuntime

@Suite struct LogTests {
    private func settings(_ environment: [String: String]) throws -> LogSettings {
        try Settings.read(ConfigReader(environment: environment)) { LogSettings(&$0) }
    }

    @Test(arguments: Logger.Level.allCases)
    func `the name of a level sets the level of all loggers`(level: Logger.Level) throws {
        for format in ["text", "json"] {
            let handler = try settings(["LOG_LEVEL": level.rawValue, "LOG_FORMAT": format]).handler(label: "x")
            #expect(handler.logLevel == level)
            #expect(handler is JSONLogHandler == (format == "json"))
            #expect(handler is StreamLogHandler == (format == "text"))
        }
    }

    @Test func `an unknown level or format is invalid, and the reason lists the known ones`() {
        let error = #expect(throws: ConfigurationError.self) {
            try settings(["LOG_LEVEL": "INFO", "LOG_FORMAT": "JSON"])
        }
        #expect(
            error?.description == """
                LOG_LEVEL: must be one of: critical, debug, error, info, notice, trace, warning
                LOG_FORMAT: must be one of: json, text
                """)
    }

    /// The lines that a JSON log handler writes while `body` logs.
    private func lines(_ body: (Logger) -> Void) throws -> [String] {
        let folder = try TemporaryFolder()
        try Data().write(to: folder.file("log"))
        let file = try FileHandle(forWritingTo: folder.file("log"))
        var handler = JSONLogHandler(label: "orders", clock: WallClock { Date(milliseconds: 1_763_761_234_567) })
        handler.output = file
        handler[metadataKey: "service"] = "orders"
        body(Logger(label: "orders") { _ in handler })
        try file.close()
        let text = try String(contentsOf: folder.file("log"), encoding: .utf8)
        #expect(text.isEmpty || text.hasSuffix("\n"))
        return text.split(separator: "\n").map(String.init)
    }

    @Test func `a JSON log line has its time, level, label, message and metadata`() throws {
        let lines = try lines { $0.warning("Slow /path", metadata: ["ms": "12", "list": ["a", "b"]]) }
        #expect(
            lines == [
                #"{"label":"orders","level":"warning","list":"[\"a\", \"b\"]","message":"Slow /path","ms":"12","#
                    + #""service":"orders","time":"2025-11-21T21:40:34.567Z"}"#
            ])
    }

    @Test func `a JSON log line stays one line whatever the message contains`() throws {
        let message = "two\nlines, a \"quote\", \u{0}, \u{2028} and \u{1F44B}"
        let lines = try lines {
            $0.info("\(message)")
            $0.info("next")
        }
        #expect(lines.count == 2)
        let first = try JSONDecoder().decode([String: String].self, from: Data(try #require(lines.first).utf8))
        #expect(first["message"] == message)
    }

    @Test func `metadata of an event replaces metadata of the logger but not the members of the line`() throws {
        let lines = try lines { $0.info("text", metadata: ["service": "other", "message": "forged", "level": "none"]) }
        let line = try JSONDecoder().decode([String: String].self, from: Data(try #require(lines.first).utf8))
        #expect(line["service"] == "other")
        #expect(line["message"] == "text")
        #expect(line["level"] == "info")
    }

    @Test func `a line below the level is not written`() throws {
        #expect(try lines { $0.debug("hidden") } == [])
    }
}
