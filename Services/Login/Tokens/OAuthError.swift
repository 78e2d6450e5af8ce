import HTTPTypes
import Hummingbird
import ServiceRuntime

/// A refusal of the token endpoint, in the form of RFC 6749 §5.2: `{"error", "error_description"}`.
struct OAuthError: Error {
    /// The values of `error`.
    struct Code: Sendable, Equatable {
        let text: String

        /// A parameter is missing, malformed or there twice.
        static let invalidRequest = Self(text: "invalid_request")
        /// The name and the password, or the refresh token, are not good, or no longer.
        static let invalidGrant = Self(text: "invalid_grant")
        /// The grant type is none of this service's.
        static let unsupportedGrantType = Self(text: "unsupported_grant_type")
        /// The scope is malformed, unknown, or more than the account may have.
        static let invalidScope = Self(text: "invalid_scope")
        /// Come again later; `Retry-After` says when (RFC 6749 §4.1.2.1).
        static let temporarilyUnavailable = Self(text: "temporarily_unavailable")
    }

    let code: Code
    /// A sentence for people, in ASCII without quotation marks and backslashes, as the RFC asks. The same for everything
    /// that a client must not tell apart.
    let sentence: String
    let status: HTTPResponse.Status
    private let headers: HTTPFields

    init(
        _ code: Code, _ sentence: String, status: HTTPResponse.Status = .badRequest, retryAfterSeconds: Int? = nil
    ) {
        self.code = code
        self.sentence = sentence
        self.status = status
        headers = retryAfterSeconds.map { [.retryAfter: String($0)] } ?? [:]
    }
}

extension HTTPFields {
    /// What an answer with a token in it, or about one, carries (RFC 6749 §5.1).
    static let notStored: HTTPFields = [.cacheControl: "no-store", .pragma: "no-cache"]
}

extension HTTPField.Name {
    /// What HTTP/1.0 had in the place of `Cache-Control`; the RFC asks for both.
    static let pragma = constant("Pragma")
}

extension OAuthError: HTTPResponseError {
    func response(from request: Request, context: some RequestContext) throws -> Response {
        let body = ["error": code.text, "error_description": sentence]
        var response = try context.responseEncoder.encode(body, from: request, context: context)
        response.status = status
        for field in HTTPFields.notStored + headers { response.headers[field.name] = field.value }
        return response
    }
}
