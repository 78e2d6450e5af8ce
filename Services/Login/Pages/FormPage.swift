import Hummingbird

/// A page with a form.
struct FormPage: Sendable {
    let template: String
    let title: String
    let form: FormModel

    /// - Parameter next: The path to which a sign-in redirects.
    init(_ template: String, title: String, _ fields: [FormField], next: ReturnPath? = nil) {
        self.template = template
        self.title = title
        form = FormModel(fields, next: next)
    }
}

extension FormPage {
    /// The page to sign in.
    ///
    /// - Parameters:
    ///   - name: The text in the field for the user name.
    ///   - next: The path to which the sign-in redirects.
    static func signIn(name: String, _ next: ReturnPath?) -> FormPage {
        FormPage("login", title: "Sign in", [.username(name), .password()], next: next)
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
