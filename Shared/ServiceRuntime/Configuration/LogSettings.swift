import Logging

/// The level and the format of log lines: `LOG_LEVEL` and `LOG_FORMAT`.
struct LogSettings {
    let level: Logger.Level
    let isJSON: Bool

    init(_ settings: inout Settings) {
        let levels = Logger.Level.allCases.map { ($0.rawValue, $0) }
        level = settings.choice("LOG_LEVEL", default: .info, from: Dictionary(uniqueKeysWithValues: levels))
        isJSON = settings.choice("LOG_FORMAT", default: false, from: ["text": false, "json": true])
    }

    /// Makes all loggers of the process write to standard error with this level and format.
    func bootstrap() {
        LoggingSystem.bootstrap { handler(label: $0, writer: .standardError) }
    }

    /// The handler of a logger with this level and format.
    func handler(label: String, writer: LogWriter) -> any LogHandler {
        var handler: any LogHandler =
            isJSON
            ? JSONLogHandler(label: label, clock: .system, writer: writer)
            : TextLogHandler(label: label, clock: .system, writer: writer)
        handler.logLevel = level
        return handler
    }
}
