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
    var status = HTTPResponse.Status.badRequest
    var headers: HTTPFields = [:]

    static let wrongCredentials = OAuthError(.invalidGrant, "The name or the password is wrong.")

    init(_ code: Code, _ sentence: String) {
        self.code = code
        self.sentence = sentence
    }

    /// The form that an error of signing in has at this endpoint; nil for other errors. What of name, password and account
    /// is wrong makes no difference.
    init?(_ error: any Error) {
        switch error {
        case is PasswordAuthenticator.WrongCredentials:
            self = .wrongCredentials
        case let error as LoginThrottle.Throttled:
            self.init(.temporarilyUnavailable, "There were too many failed attempts. Try again later.")
            status = .tooManyRequests
            headers[.retryAfter] = String(error.retryAfterSeconds)
        case is PasswordHasher.Busy:
            self.init(.temporarilyUnavailable, "Too many people are signing in. Try again.")
            status = .serviceUnavailable
            headers[.retryAfter] = String(PasswordHasher.Busy.retryAfterSeconds)
        default: return nil
        }
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
