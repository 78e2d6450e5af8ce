import HTTPTypes
import Hummingbird
import ServiceRuntime

/// An error response of an OAuth endpoint (RFC 6749 §5.2): `{"error", "error_description"}`.
struct OAuthError: Error {
    /// The values of `error`.
    struct Code: Sendable, Equatable {
        let text: String

        /// A parameter is missing, malformed or repeated.
        static let invalidRequest = Self(text: "invalid_request")
        /// The name or the password is wrong, or the refresh token is invalid, expired or revoked.
        static let invalidGrant = Self(text: "invalid_grant")
        /// The token endpoint does not have this grant type.
        static let unsupportedGrantType = Self(text: "unsupported_grant_type")
        /// The scope is malformed, unknown, or not granted to the account.
        static let invalidScope = Self(text: "invalid_scope")
        /// The client should try again after `Retry-After` (RFC 6749 §4.1.2.1).
        static let temporarilyUnavailable = Self(text: "temporarily_unavailable")
    }

    let code: Code
    /// A sentence for people, in ASCII without quotation marks and backslashes, as the RFC requires. Errors that a
    /// client must not distinguish have the same sentence.
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

extension OAuthError: HTTPResponseError {
    func response(from request: Request, context: some RequestContext) throws -> Response {
        let body = ["error": code.text, "error_description": sentence]
        var response = try context.responseEncoder.encode(body, from: request, context: context)
        response.status = status
        for field in HTTPFields.notStored + headers { response.headers[field.name] = field.value }
        return response
    }
}

extension HTTPFields {
    /// The header fields of every response that contains a token or describes one (RFC 6749 §5.1).
    static let notStored: HTTPFields = [.cacheControl: "no-store", .pragma: "no-cache"]
}

extension HTTPField.Name {
    /// The predecessor of `Cache-Control` in HTTP/1.0; the RFC requires both.
    static let pragma = constant("Pragma")
}
