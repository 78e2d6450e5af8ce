import HTTPTypes
import NIOHTTP1

/// A request that the service does not handle, and the response to it.
struct RejectedRequest: Error {
    let status: HTTPResponseStatus
    /// A stable word for programs, as in `Problem`.
    let code: String
    /// A sentence for people.
    let detail: String
    /// The reason that the counter of closed connections has; nil if it does not count the rejection.
    var reason: ClosingReason? = .malformed
    /// The seconds after which the client may try again; nil if a second attempt fails as well.
    var retryAfterSeconds: Int?
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

    /// The rejection of this request.
    func of(_ head: HTTPRequest) -> RejectedRequest {
        var rejection = self
        rejection.hasContent = head.method != .head
        rejection.requestID = RequestScope.requestID(head.headerFields[.requestID])
        return rejection
    }

    /// The header fields and the body of the response.
    func response(closing closesConnection: Bool) -> (headers: HTTPHeaders, body: String) {
        let body = """
            {"code":"\(code)","detail":"\(detail)","request_id":"\(requestID)","status":\(status.code),\
            "title":"\(status.reasonPhrase)","type":"about:blank"}
            """
        var headers: HTTPHeaders = [
            "content-type": "application/problem+json", "content-length": "\(body.utf8.count)",
            "cache-control": "no-store", "x-content-type-options": "nosniff", "x-request-id": requestID,
        ]
        if closesConnection { headers.add(name: "connection", value: "close") }
        if let retryAfterSeconds { headers.add(name: "retry-after", value: "\(retryAfterSeconds)") }
        return (headers, hasContent ? body : "")
    }
}

extension RejectedRequest: ProblemConvertible {
    /// The response of a handler that waited for the body of the request.
    var problem: Problem {
        Problem(
            HTTPResponse.Status(code: Int(status.code)), code: code, detail: detail,
            headers: retryAfterSeconds.map { [.retryAfter: "\($0)"] } ?? [:])
    }
}

extension RejectedRequest {
    /// The head or the framing of the body is not HTTP/1.1.
    static var malformed: RejectedRequest { .invalid("The request is not well-formed (RFC 9112).") }

    /// The client closed its side inside the head.
    static var incomplete: RejectedRequest { .invalid("The request ended inside its head.", reason: nil) }

    /// The client closed its side inside the body.
    static var incompleteBody: RejectedRequest { .invalid("The request ended inside its body.", reason: nil) }

    /// The service would serve the request too late (`AdmissionLimit`).
    static var overloaded: RejectedRequest {
        RejectedRequest(
            status: .serviceUnavailable, code: "overloaded",
            detail: "The service is overloaded. Nothing was changed. Try again in a moment.", reason: nil,
            retryAfterSeconds: 1)
    }

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
