import HTTPTypes
import Hummingbird
import ServiceRuntime

/// A page with a form.
struct FormPage: Sendable {
    let template: String
    let title: String
    let form: FormModel

    /// - Parameter next: Where a sign-in leads.
    init(_ template: String, title: String, _ fields: [FormField], next: ReturnPath? = nil) {
        self.template = template
        self.title = title
        form = FormModel(fields, next: next)
    }
}

/// The reason for which a form was not accepted.
enum FormFailure: Sendable {
    /// Values of fields are not accepted.
    case invalid([FieldError])
    /// The name and the password do not open an account.
    case wrongCredentials
    case usernameTaken
    /// The form has the password of the account in `field`, and it is wrong.
    case wrongPassword(field: String)
    /// There were too many failed attempts; the next one is admitted after this many seconds.
    case throttled(retryAfterSeconds: Int)
    /// Too many passwords wait to be checked.
    case busy

    fileprivate var status: HTTPResponse.Status {
        switch self {
        case .invalid, .wrongCredentials: .unprocessableContent
        case .usernameTaken: .conflict
        case .wrongPassword: .forbidden
        case .throttled: .tooManyRequests
        case .busy: .serviceUnavailable
        }
    }

    fileprivate var retryAfterSeconds: Int? {
        switch self {
        case .throttled(let seconds): seconds
        case .busy: PasswordHasher.retryAfterSeconds
        case .invalid, .wrongCredentials, .usernameTaken, .wrongPassword: nil
        }
    }
}

extension PageRequestContext {
    /// The page of a form, before it is submitted.
    func render(_ page: FormPage) throws -> Response {
        try render(page.template, title: page.title, page.form)
    }

    /// The page of a form that was not accepted, with the reason.
    func render(_ page: FormPage, failure: FormFailure) throws -> Response {
        var response = try render(
            page.template, title: page.title, page.form.showing(failure), status: failure.status)
        response.headers[.retryAfter] = failure.retryAfterSeconds.map(String.init)
        return response
    }
}
