import Logging

/// A log handler that writes each event as one line, with the ids of the trace and the span of the task that logs it. It replaces
/// everything in the line that looks like a token.
struct LineLogHandler: LogHandler {
    let label: String
    let format: LogFormat
    let clock: WallClock
    let writer: LogWriter
    var logLevel = Logger.Level.info
    var metadata = Logger.Metadata()

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var members = metadata
        if let added = event.metadata, !added.isEmpty { members.merge(added) { $1 } }
        var redacted = members.map { (key: $0.key, value: $0.value.description.redacted(named: $0.key)) }
        // The ids are too short to be secrets.
        if let ids = TraceIDs.current { redacted += ids.members.filter { members[$0.key] == nil } }
        // Redact before the format escapes or cuts: an escape sequence or a cut could hide where a token begins or ends.
        let line = LogLine(
            time: clock.now().rfc3339, level: event.level.rawValue, label: label, source: event.source,
            message: event.message.description.redacted(), metadata: redacted.sorted { $0.key < $1.key })
        writer.write(format.encode(line) + "\n")
    }
}
