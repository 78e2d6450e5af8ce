import NIOHTTP1

/// A request that the service does not hand to Hummingbird, and the response to it.
struct RejectedRequest: Error {
    let status: HTTPResponseStatus
    /// A stable word for programs, as in `Problem`.
    let code: String
    /// A sentence for people.
    let detail: String
    /// The reason that the rejection is counted under; nil if the client has gone.
    var reason: ClosingReason? = .malformed
    /// Whether the response may have content, which a response to `HEAD` has not.
    var hasContent = true
    var requestID = RequestScope.requestID(nil)

    /// The rejection of the request with this head.
    func of(_ head: HTTPRequestHead) -> RejectedRequest {
        var rejection = self
        rejection.hasContent = head.method != .HEAD
        rejection.requestID = RequestScope.requestID(head.headers.first(name: "x-request-id"))
        return rejection
    }

    /// The header fields and the body of the response.
    var response: (headers: HTTPHeaders, body: String) {
        let body = """
            {"code":"\(code)","detail":"\(detail)","request_id":"\(requestID)","status":\(status.code),\
            "title":"\(status.reasonPhrase)","type":"about:blank"}
            """
        let headers: HTTPHeaders = [
            "content-type": "application/problem+json", "content-length": "\(body.utf8.count)", "connection": "close",
            "cache-control": "no-store", "x-content-type-options": "nosniff", "x-request-id": requestID,
        ]
        return (headers, hasContent ? body : "")
    }
}

extension RejectedRequest {
    /// The head or the framing of the body is not HTTP/1.1.
    static var malformed: RejectedRequest { .invalid("The request is not well-formed (RFC 9112).") }

    /// The client closed its side inside the head.
    static var incomplete: RejectedRequest { .invalid("The request ended inside its head.", reason: nil) }

    static var headTooLarge: RejectedRequest {
        RejectedRequest(
            status: .requestHeaderFieldsTooLarge, code: "header_too_large", detail: "The header fields are too large.",
            reason: .headSize)
    }

    static func bodyTooLarge(_ maximumBytes: Int) -> RejectedRequest {
        RejectedRequest(
            status: .payloadTooLarge, code: "content_too_large",
            detail: "The body is larger than \(maximumBytes) bytes.",
            reason: .bodySize)
    }

    static func tooSlow(_ reason: ClosingReason) -> RejectedRequest {
        RejectedRequest(
            status: .requestTimeout, code: "request_timeout", detail: "The request did not arrive in time.",
            reason: reason)
    }

    static func invalid(
        _ detail: String, _ status: HTTPResponseStatus = .badRequest, reason: ClosingReason? = .malformed
    ) -> RejectedRequest {
        RejectedRequest(status: status, code: "invalid_request", detail: detail, reason: reason)
    }
}
