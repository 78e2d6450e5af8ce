import Logging

/// The level and the format of log lines: `LOG_LEVEL` and `LOG_FORMAT`.
struct LogSettings {
    let level: Logger.Level
    let format: LogFormat

    init(_ settings: inout Settings) {
        let levels = Logger.Level.allCases.map { ($0.rawValue, $0) }
        level = settings.choice("LOG_LEVEL", default: .info, from: Dictionary(uniqueKeysWithValues: levels))
        format = settings.choice("LOG_FORMAT", default: .text, from: ["text": .text, "json": .json])
    }

    /// Makes all loggers of the process write to standard error with this level and format.
    func bootstrap() {
        LoggingSystem.bootstrap { handler(label: $0, writer: .standardError) }
    }

    /// The handler of a logger with this level and format.
    func handler(label: String, writer: LogWriter) -> LineLogHandler {
        LineLogHandler(label: label, format: format, clock: .system, writer: writer, logLevel: level)
    }
}
