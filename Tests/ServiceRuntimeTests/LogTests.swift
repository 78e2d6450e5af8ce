import Configuration
import Foundation
import Logging
import TestSupport
import Testing
import Tracing

@testable import OTLPTracing
@testable import ServiceRuntime

@Suite struct LogTests {
    private func settings(_ environment: [String: String]) throws -> LogSettings {
        try Settings.read(ConfigReader(environment: environment)) { LogSettings(&$0) }
    }

    @Test(arguments: Logger.Level.allCases)
    func `the name of a level sets the level of all loggers`(level: Logger.Level) throws {
        for format in ["text", "json"] {
            let handler = try settings(["LOG_LEVEL": level.rawValue, "LOG_FORMAT": format])
                .handler(label: "x", writer: .standardError)
            #expect(handler.logLevel == level)
            #expect(handler.format == (format == "json" ? .json : .text))
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

    /// The lines that a log handler writes while `body` logs.
    private func lines(_ format: LogFormat = .json, _ body: (Logger) -> Void) throws -> [String] {
        let folder = try TemporaryFolder()
        try Data().write(to: folder.file("log"))
        let file = try FileHandle(forWritingTo: folder.file("log"))
        let writer = LogWriter(to: file) { _ in }
        var handler = LineLogHandler(
            label: "orders", format: format, clock: WallClock { Date(milliseconds: 1_763_761_234_567) }, writer: writer)
        handler[metadataKey: "service"] = "orders"
        body(Logger(label: "orders") { _ in handler })
        writer.flush()
        try file.close()
        let text = try String(contentsOf: folder.file("log"), encoding: .utf8)
        #expect(text.isEmpty || text.hasSuffix("\n"))
        return text.split(separator: "\n").map(String.init)
    }

    @Test(arguments: [
        "\u{7F}", "\u{85}", "\u{9B}", "\u{AD}", "\u{200E}", "\u{2028}", "\u{2029}", "\u{202E}", "\u{2066}", "\u{E0041}",
    ])
    func `a log line escapes characters that control a terminal, break a line or are invisible`(character: String)
        throws
    {
        let scalar = try #require(character.unicodeScalars.first)
        for format in [LogFormat.text, .json] {
            let line = try #require(
                try lines(format) { $0.info("a\(character)ä", metadata: ["key": "b\(character)"]) }.first)
            #expect(!line.unicodeScalars.contains(scalar), "\(line)")
            #expect(line.contains("ä"))
        }
        let json = try #require(try lines { $0.info("a\(character)ä") }.first)
        #expect(try JSONDecoder().decode([String: String].self, from: Data(json.utf8))["message"] == "a\(character)ä")
    }

    @Test func `a JSON log line has its time, level, label, source, message and metadata`() throws {
        let lines = try lines {
            $0.warning("Slow /path", metadata: ["ms": "12", "list": ["a", "b"]], source: "Orders")
        }
        #expect(
            lines == [
                #"{"label":"orders","level":"warning","list":"[\"a\", \"b\"]","message":"Slow /path","ms":"12","#
                    + #""service":"orders","source":"Orders","time":"2025-11-21T21:40:34.567Z"}"#
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
        let lines = try lines {
            $0.info("text", metadata: ["service": "other", "message": "forged", "level": "none", "source": "access"])
        }
        let line = try JSONDecoder().decode([String: String].self, from: Data(try #require(lines.first).utf8))
        #expect(line["service"] == "other")
        #expect(line["message"] == "text")
        #expect(line["level"] == "info")
        #expect(line["source"] == "ServiceRuntimeTests")
    }

    @Test(arguments: [LogFormat.text, .json])
    func `a line of a trace has the ids of the trace and of the span that the task is in`(format: LogFormat) throws {
        let traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        let lines = try lines(format) { logger in
            var context = InstrumentationContext.topLevel
            context.trace = TraceContext(traceparent: traceparent)
            logger.info("outside")
            withTracer(OTLPTracer(sampler: Sampler(ratio: 1, isParentBased: true), queue: nil)) {
                InstrumentationContext.withValue(context) { logger.info("inside", metadata: ["span_id": "own"]) }
                InstrumentationContext.withValue(context) { logger.info("inside") }
            }
        }
        let ids = ["4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"]
        #expect(
            lines.map { line in ids.map { line.contains($0) } } == [[false, false], [true, false], [true, true]])
    }

    @Test func `a line below the level is not written`() throws {
        #expect(try lines { $0.debug("hidden") } == [])
    }

    @Test func `each value of a JSON log line is cut to 1 KiB`() throws {
        let text = String(repeating: "a", count: 15_000)
        let lines = try lines { $0.info("\(text)", metadata: ["agent": "\(text)"]) }
        let line = try JSONDecoder().decode([String: String].self, from: Data(try #require(lines.first).utf8))
        for name in ["message", "agent"] {
            #expect(line[name] == String(repeating: "a", count: 1024) + "… (15000 bytes)")
        }
    }

    @Test(arguments: [LogFormat.text, .json])
    func `a token is redacted in the message and in all metadata of both formats`(format: LogFormat) throws {
        let token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl"
        let lines = try lines(format) {
            var logger = $0
            logger[metadataKey: "kept"] = "before\n\(token)"
            logger.info("GET /\(token) 404", metadata: ["header": "Bearer \(token)", "list": ["a", "\(token)"]])
            logger.info("text", metadata: ["password": "horse", "clientSecret": ["a", "b"], "code": "overloaded"])
            // The token begins before the limits of both formats, and ends after them.
            logger.info("\(String(repeating: "/", count: 1015))\(token)")
            logger.info("\(String(repeating: "/", count: 4030))\(token)")
        }
        #expect(lines.count == 4)
        #expect(lines.first?.contains("GET /[redacted] 404") == true)
        #expect(lines.first?.contains("Bearer [redacted]") == true)
        #expect(lines.first?.contains(#"before\n[redacted]"#) == true)
        #expect(lines.dropFirst().first?.matches(of: /\[redacted\]/).count == 3)
        #expect(lines.dropFirst().first?.contains("overloaded") == true)
        for line in lines { #expect(!line.contains("eyJ")) }
        if format == .json {
            for line in lines { _ = try JSONDecoder().decode([String: String].self, from: Data(line.utf8)) }
        }
    }
}

@Suite struct LogWriterTests {
    @Test func `a line of text stays one line of at most 4 KiB whatever it contains`() async throws {
        let pipe = Pipe()
        let writer = LogWriter(to: pipe.fileHandleForWriting) { _ in }
        let clock = WallClock { Date(milliseconds: 1_763_761_234_567) }
        let logger = Logger(label: "orders") {
            LineLogHandler(label: $0, format: .text, clock: clock, writer: writer)
        }
        logger.info("one\ntwo\r\u{1B}[31m ä\u{85}", metadata: ["b": "1\n2", "a": ["x"]], source: "Source")
        logger.error("\(String(repeating: "a", count: 15_000))", source: "Source")
        writer.flush()
        try pipe.fileHandleForWriting.close()
        let text = String(decoding: await pipe.parts.reduce(Data(), +), as: UTF8.self)
        #expect(
            text
                == #"2025-11-21T21:40:34.567Z info orders: a=["x"] b=1\n2 [Source] one\ntwo\r\u{1B}[31m ä\u{0085}"#
                + "\n2025-11-21T21:40:34.567Z error orders: [Source] " + String(repeating: "a", count: 4048)
                + "… (15048 bytes)\n")
    }

    @Test func `lines for a pipe that nobody reads are dropped, counted and reported, and none that waits is lost`()
        async throws
    {
        let pipe = Pipe()
        let (reports, continuation) = AsyncStream.makeStream(of: Int.self)
        let writer = LogWriter(to: pipe.fileHandleForWriting) { continuation.yield($0) }
        let line = String(repeating: "a", count: 999) + "\n"
        for _ in 0..<3_000 { writer.write(line) }
        writer.flush()
        let reading = Task {
            await pipe.parts.reduce(0) { $0 + $1.count { $0 == UInt8(ascii: "\n") } }
        }
        let dropped = await reports.first { _ in true }
        writer.flush()
        try pipe.fileHandleForWriting.close()
        let read = await reading.value
        #expect(try #require(dropped) > 0)
        #expect(read + (dropped ?? 0) == 3_000)
        #expect(read * 1_000 >= LogWriter.maximumWaitingBytes - 1_000)
    }

    @Test(.timeLimit(.minutes(1)))
    func `a pipe that another process has made non-blocking gets all lines`() async throws {
        let pipe = Pipe()
        let descriptor = pipe.fileHandleForWriting.fileDescriptor
        #expect(fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK) == 0)
        let writer = LogWriter(to: pipe.fileHandleForWriting) { _ in }
        // More than the 64 KiB that a pipe holds, and less than the lines that may wait.
        let lines = (0..<500).map { "\($0) " + String(repeating: "a", count: 999) + "\n" }
        for line in lines { writer.write(line) }
        // The pipe is full then.
        writer.flush()
        let size = lines.reduce(0) { $0 + $1.utf8.count }
        var text = Data()
        for await part in pipe.parts {
            text += part
            if text.count >= size { break }
        }
        #expect(String(decoding: text, as: UTF8.self) == lines.joined())
    }

    @Test func `a line does not continue a line that a full disk has cut`() async {
        await #expect(processExitsWith: .success) {
            signal(SIGXFSZ, SIG_IGN)
            let folder = try TemporaryFolder()
            try Data().write(to: folder.file("log"))
            let writer = LogWriter(to: try FileHandle(forWritingTo: folder.file("log"))) { _ in }
            // A limit on the size of files stands for a full disk.
            let limit = ["/usr/bin/prlimit", "--pid", "\(ProcessInfo.processInfo.processIdentifier)"]
            try await run(limit + ["--fsize=7:"], in: folder.url)
            writer.write("first\nsecond\nthird\n")
            writer.flush()
            try await run(limit + ["--fsize=unlimited:"], in: folder.url)
            writer.write("fourth\n")
            writer.flush()
            let text = try String(contentsOf: folder.file("log"), encoding: .utf8)
            precondition(text == "first\ns\nfourth\n")
        }
    }

    @Test func `a pipe whose reader has gone does not end the process`() async {
        await #expect(processExitsWith: .success) {
            signal(SIGPIPE, SIG_IGN)
            let pipe = Pipe()
            try pipe.fileHandleForReading.close()
            let writer = LogWriter(to: pipe.fileHandleForWriting) { _ in }
            writer.write("line\n")
            writer.flush()
        }
    }
}

extension Pipe {
    /// What arrives, until the writing side is closed. Another thread reads, so the wait blocks no task.
    fileprivate var parts: AsyncStream<Data> {
        AsyncStream { continuation in
            Thread.detachNewThread { [fileHandleForReading] in
                while case let part = fileHandleForReading.availableData, !part.isEmpty { continuation.yield(part) }
                continuation.finish()
            }
        }
    }
}
