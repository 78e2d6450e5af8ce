import HTTPTypes

/// The reason why a form was not accepted.
enum FormFailure: Sendable {
    /// Some fields have invalid values.
    case invalid([FieldError])
    /// The name or the password is wrong.
    case wrongCredentials
    case usernameTaken
    /// The password of the account, in the field of this name, is wrong.
    case wrongPassword(field: String)
    /// There were too many failed attempts; the next one is admitted after this many seconds.
    case throttled(retryAfterSeconds: Int)
    /// Too many passwords wait to be checked.
    case busy

    /// The status of the response.
    var status: HTTPResponse.Status {
        switch self {
        case .invalid, .wrongCredentials: .unprocessableContent
        case .usernameTaken: .conflict
        case .wrongPassword: .forbidden
        case .throttled: .tooManyRequests
        case .busy: .serviceUnavailable
        }
    }

    /// The value of `Retry-After`.
    var retryAfterSeconds: Int? {
        switch self {
        case .throttled(let seconds): seconds
        case .busy: PasswordHasher.retryAfterSeconds
        case .invalid, .wrongCredentials, .usernameTaken, .wrongPassword: nil
        }
    }
}
