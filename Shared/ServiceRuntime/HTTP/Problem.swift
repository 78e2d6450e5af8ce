public import HTTPTypes
public import Hummingbird

/// An error response with problem details (RFC 9457).
///
/// The body is `{"type", "title", "status", "detail", "code", "request_id"}` and the members of `extensions`. The body
/// must not contain a secret or a token.
public struct Problem: Error, Sendable {
    /// The HTTP status code.
    public var status: HTTPResponse.Status
    /// A stable word for programs, such as `out_of_stock`.
    public var code: String
    /// A sentence for people that says what is wrong and what to do next.
    public var detail: String
    /// Header fields of the response, such as `WWW-Authenticate`.
    public var headers: HTTPFields
    /// Additional members of the body (RFC 9457 §3.2).
    public var extensions: [String: any Encodable & Sendable]

    /// Creates a problem with any status.
    public init(
        _ status: HTTPResponse.Status, code: String, detail: String, headers: HTTPFields = [:],
        extensions: [String: any Encodable & Sendable] = [:]
    ) {
        self.status = status
        self.code = code
        self.detail = detail
        self.headers = headers
        self.extensions = extensions
    }
}

extension Problem {
    /// A field of a request that is invalid.
    public struct InvalidField: Sendable, Encodable, Equatable {
        /// The name of the field, as in `items[0].quantity`; empty for the whole body.
        public let field: String
        /// The error, as the rest of a sentence that begins with the name of the field: `must be a string`.
        public let detail: String

        /// Creates an invalid field from its name and the error.
        public init(_ field: String, _ detail: String) {
            self.field = field
            self.detail = detail
        }
    }

    /// 400: the service cannot understand the request.
    public static func badRequest(_ detail: String) -> Problem {
        Problem(.badRequest, code: "invalid_request", detail: detail)
    }

    /// 404: the resource does not exist, or the caller is not allowed to know that it exists.
    public static func notFound(_ detail: String = "There is nothing here.") -> Problem {
        Problem(.notFound, code: "not_found", detail: detail)
    }

    /// 409: the request conflicts with the current state of the resource.
    public static func conflict(
        code: String, _ detail: String, extensions: [String: any Encodable & Sendable] = [:]
    ) -> Problem {
        Problem(.conflict, code: code, detail: detail, extensions: extensions)
    }

    /// 422: the request is well-formed, but some of its fields are invalid. The member `errors` of the body lists them.
    public static func unprocessable(_ fields: [InvalidField]) -> Problem {
        let sentence = fields.map { $0.field.isEmpty ? $0.detail : "\($0.field) \($0.detail)" }.joined(separator: "; ")
        return Problem(
            .unprocessableContent, code: "invalid_fields", detail: "\(sentence).", extensions: ["errors": fields])
    }

    /// 503: the service cannot serve the request now. The client may try again after `seconds`.
    public static func unavailable(code: String = "unavailable", _ detail: String, retryAfter seconds: Int = 1)
        -> Problem
    {
        Problem(.serviceUnavailable, code: code, detail: detail, headers: [.retryAfter: String(seconds)])
    }

    /// 500: the service failed. The log states the cause, under the request id.
    static let internalError = Problem(
        .internalServerError, code: "internal_error",
        detail: "The service failed. Its log states the cause, under the request id.")

    /// Creates the problem for an error of Hummingbird.
    init(_ error: HTTPError) {
        guard error.status != .notFound else {
            self = .notFound()
            return
        }
        self.init(
            error.status, code: error.status.reasonPhrase.lowercased().replacing(" ", with: "_"),
            detail: error.body ?? "\(error.status.reasonPhrase).", headers: error.headers)
    }
}

extension Problem: HTTPResponseError {
    /// The response, with its body in `application/problem+json`.
    public func response(from request: Request, context: some RequestContext) throws -> Response {
        var response = try context.responseEncoder.encode(
            Body(problem: self, requestID: RequestScope.current?.requestID), from: request, context: context)
        response.status = status
        response.headers[.contentType] = "application/problem+json"
        for field in headers { response.headers[field.name] = field.value }
        return response
    }

    private struct Body: Encodable {
        let problem: Problem
        let requestID: String?

        func encode(to encoder: any Encoder) throws {
            var members = encoder.container(keyedBy: Member.self)
            for (name, value) in problem.extensions {
                try members.encode(value, forKey: Member(stringValue: name))
            }
            try members.encode("about:blank", forKey: "type")
            try members.encode(problem.status.reasonPhrase, forKey: "title")
            try members.encode(problem.status.code, forKey: "status")
            try members.encode(problem.detail, forKey: "detail")
            try members.encode(problem.code, forKey: "code")
            try members.encodeIfPresent(requestID, forKey: "request_id")
        }
    }

    private struct Member: CodingKey, ExpressibleByStringLiteral {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init(stringLiteral value: String) { self.stringValue = value }
        init?(intValue: Int) { nil }
    }
}
