import NIOHTTP1

/// A request that the service does not hand to Hummingbird, and the response to it.
struct RejectedRequest: Error {
    let status: HTTPResponseStatus
    /// A stable word for programs, as in `Problem`.
    let code: String
    /// A sentence for people.
    let detail: String
    var reason = ClosingReason.malformed
}

extension RejectedRequest {
    /// The head or the framing of the body is not HTTP/1.1.
    static let malformed = RejectedRequest(
        status: .badRequest, code: "invalid_request", detail: "The request is not well-formed (RFC 9112).")

    static let headTooLarge = RejectedRequest(
        status: .requestHeaderFieldsTooLarge, code: "header_too_large", detail: "The header fields are too large.",
        reason: .headSize)

    static let tooSlow = RejectedRequest(
        status: .requestTimeout, code: "request_timeout", detail: "The request did not arrive in time.",
        reason: .bodyTime)

    static func invalid(_ detail: String, _ status: HTTPResponseStatus = .badRequest) -> RejectedRequest {
        RejectedRequest(status: status, code: "invalid_request", detail: detail)
    }
}
