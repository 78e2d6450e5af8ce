import ServiceRuntime

/// A field of a request whose value is not accepted, and the reason.
struct FieldError: Sendable, Equatable {
    /// The name of the field, in JSON bodies and in forms.
    let field: String
    /// The rest of a sentence that begins with the name of the field, as in `must have 8 to 128 characters`.
    let detail: String

    init(_ field: String, _ detail: String) {
        self.field = field
        self.detail = detail
    }
}

extension Problem {
    /// 422: fields of the request are not accepted.
    static func invalidFields(_ errors: [FieldError]) -> Problem {
        unprocessable(errors.map { InvalidField($0.field, $0.detail) })
    }
}
