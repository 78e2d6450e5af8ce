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
        /// The client is unknown, or its authentication failed.
        static let invalidClient = Self(text: "invalid_client")
        /// The client may not use this grant type.
        static let unauthorizedClient = Self(text: "unauthorized_client")
        /// The name or the password is wrong, or the code or the refresh token is invalid, expired or revoked.
        static let invalidGrant = Self(text: "invalid_grant")
        /// The person denies the request (RFC 6749 §4.1.2.1).
        static let accessDenied = Self(text: "access_denied")
        /// The authorization endpoint does not have this response type.
        static let unsupportedResponseType = Self(text: "unsupported_response_type")
        /// The client wants no page, but nobody is signed in (OpenID Connect Core §3.1.2.6).
        static let loginRequired = Self(text: "login_required")
        /// The client wants no page, but the person must be asked (OpenID Connect Core §3.1.2.6).
        static let consentRequired = Self(text: "consent_required")
        /// The token endpoint does not have this grant type.
        static let unsupportedGrantType = Self(text: "unsupported_grant_type")
        /// The scope is malformed or unknown, or it is not granted to the account or not registered for the client.
        static let invalidScope = Self(text: "invalid_scope")
        /// The audience or the resource is not a service that may accept the token (RFC 8707 §2).
        static let invalidTarget = Self(text: "invalid_target")
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
        _ code: Code, _ sentence: String, status: HTTPResponse.Status = .badRequest, retryAfterSeconds: Int? = nil,
        headers: HTTPFields = [:]
    ) {
        self.code = code
        self.sentence = sentence
        self.status = status
        self.headers = headers + (retryAfterSeconds.map { [.retryAfter: String($0)] } ?? [:])
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
