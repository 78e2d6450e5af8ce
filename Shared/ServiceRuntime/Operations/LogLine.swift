/// A log event with the texts that its line consists of. No text looks like a token.
struct LogLine {
    let time: String
    let level: String
    let label: String
    /// The module that logged the event, or `access` for the line of a request.
    let source: String
    let message: String
    /// The metadata, sorted by their unique keys.
    let metadata: [(key: String, value: String)]
}
