import ServiceRuntime

/// The values of the template `new-api-token`: the form with which a user creates an API token.
struct APITokenFormModel: Sendable {
    struct Choice: Sendable {
        /// The value of the form field, or the end of the field's name.
        let value: String
        let label: String
        let isChosen: Bool
    }

    private(set) var fields: [FormField]
    /// The error of the form as a whole, as a sentence.
    private(set) var formError: String?
    private(set) var hasErrors = false
    let scopes: [Choice]
    let lifetimes: [Choice]

    /// The lifetimes that the form offers: days, and a label. `never` stands for a token that does not expire.
    private static let lifetimes = [
        ("30", "30 days"), ("90", "90 days"), ("365", "A year"), (neverExpires, "No end"),
    ]
    private static let neverExpires = "never"
    private static let secondsOfDay = 86_400

    /// The form before it is submitted, with all of `scope` chosen.
    init(scope: Scope) {
        self.init(scope: scope, chosen: scope, name: "", lifetime: Self.lifetimes[0].0)
    }

    /// The form as it was submitted.
    ///
    /// - Parameter scope: The scope of the session, which limits the choice.
    init(scope: Scope, submitted form: SubmittedForm) {
        self.init(
            scope: scope, chosen: Self.chosenScope(of: form, from: scope), name: form["name"],
            lifetime: form["lifetime"])
    }

    private init(scope: Scope, chosen: Scope, name: String, lifetime: String) {
        fields = [.text("name", "Name", value: name, hint: "For you to recognize it, as in “backup script”.")]
        scopes = zip(scope.names, scope.permissions).map { name, permission in
            Choice(value: name, label: permission, isChosen: chosen.names.contains(name))
        }
        lifetimes = Self.lifetimes.map { Choice(value: $0, label: $1, isChosen: $0 == lifetime) }
    }

    /// The scopes of `scope` whose boxes were checked.
    static func chosenScope(of form: SubmittedForm, from scope: Scope) -> Scope {
        Scope(names: scope.names.filter { !form["scope \($0)"].isEmpty })
    }

    /// The lifetime that was chosen, in seconds; nil for none.
    ///
    /// - Throws: `Problem` with 400 when the form does not offer the lifetime.
    static func lifetimeSeconds(of form: SubmittedForm) throws(Problem) -> Int? {
        let lifetime = form["lifetime"]
        guard lifetimes.contains(where: { $0.0 == lifetime }) else {
            throw .badRequest("The form offers no such lifetime.")
        }
        return Int(lifetime).map { $0 * secondsOfDay }
    }

    /// The form with an error at the field `name`.
    func showing(nameError: String) -> Self {
        var form = self
        form.hasErrors = true
        form.fields[0].show(nameError)
        return form
    }

    /// The form with an error of the form as a whole.
    func showing(formError: String) -> Self {
        var form = self
        form.hasErrors = true
        form.formError = formError
        return form
    }
}
