import JWT

/// What a check found.
struct CheckResult {
    enum Outcome: String, CaseIterable {
        /// The service did what the rule demands.
        case held
        /// The service did not.
        case finding
        /// The response, or its absence, does not tell.
        case unknown
        /// The request was not sent.
        case skipped
    }

    let check: Check
    private(set) var outcome: Outcome
    /// The status of the response; nil without a response.
    let status: Int?
    /// What happened, as a phrase.
    private(set) var detail: String
    /// One line for a shell that repeats the request; nil when there is no request.
    let curl: String?
    /// The time until the response, with the pause before the request; zero when there is no request.
    var duration: Duration = .zero
    /// Whether a service that blocks the client could give the same response.
    var isLikeBlock = false

    /// The result if the service did block the client during the probe.
    var afterBlock: CheckResult {
        guard isLikeBlock, outcome != .unknown else { return self }
        var result = self
        (result.outcome, result.detail) = (.unknown, "\(detail), but the service may have blocked the client")
        return result
    }

    /// The result if the service fetched the URL that the token names, whether it accepted the token or not.
    var afterFetch: CheckResult {
        var result = self
        result.outcome = .finding
        result.detail = "the service fetched the URL, which responds only during a probe; \(detail)"
        result.isLikeBlock = false
        return result
    }

    /// The status and what happened.
    var message: String { status.map { "\($0): \(detail)" } ?? detail }

    var json: JSONValue {
        .object([
            .init("name", .string(check.name)), .init("rule", .string(check.rule)),
            .init("request", .string(check.summary)), .init("outcome", .string(outcome.rawValue)),
            .init("status", status.map { .integer(Int64($0)) } ?? .null), .init("detail", .string(detail)),
            .init("curl", curl.map(JSONValue.string) ?? .null),
        ])
    }
}
