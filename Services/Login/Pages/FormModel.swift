/// The values of the template `form`.
struct FormModel: Sendable {
    private(set) var fields: [FormField]
    /// The path to which a sign-in redirects.
    let next: String?
    /// The query with which a link keeps `next`; empty without one.
    let nextQuery: String
    /// Whether `next` fits into no link.
    let hasLongNext: Bool
    /// The error of the form as a whole, as a sentence.
    private(set) var formError: String?
    private(set) var hasErrors = false

    init(_ fields: [FormField], next: ReturnPath? = nil) {
        self.fields = fields
        self.next = next?.text
        nextQuery = next?.query ?? ""
        hasLongNext = next != nil && next?.query == nil
    }

    /// The form with its errors, each shown at its field.
    func showing(_ failure: FormFailure) -> FormModel {
        var form = self
        form.hasErrors = true
        switch failure {
        case .invalid(let errors):
            for error in errors { form.show("\(label(of: error.field)) \(error.detail).", at: error.field) }
        case .wrongCredentials: form.show("The name or the password is wrong.", at: "password")
        case .usernameTaken: form.show("This name is taken; choose another.", at: "username")
        case .wrongPassword(let field): form.show("The password is wrong.", at: field)
        case .throttled(let seconds):
            form.formError = "There were too many attempts. \(Self.advice(afterSeconds: seconds))"
        case .busy: form.formError = "Too many people are signing in. Try again."
        }
        return form
    }

    private static func advice(afterSeconds seconds: Int) -> String {
        guard seconds > 3600 else { return "Try again in \(seconds) s." }
        return "Sign in with a browser or from a network that you have signed in with before."
    }

    private func label(of field: String) -> String {
        fields.first { $0.name == field }?.label ?? field
    }

    private mutating func show(_ error: String, at field: String) {
        guard let index = fields.firstIndex(where: { $0.name == field }) else { return formError = error }
        fields[index].show(error)
    }
}
