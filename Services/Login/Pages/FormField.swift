/// A field of a form as its page shows it, with what is wrong with it.
struct FormField: Sendable {
    let name: String
    let label: String
    let type: String
    let autocomplete: String
    let hint: String?
    /// What was typed; never a password.
    private(set) var value = ""
    private(set) var error: String?
    /// The ids of the texts that belong to the field, for screen readers.
    private(set) var describedBy: String?

    private init(_ name: String, _ label: String, type: String, autocomplete: String, hint: String? = nil) {
        self.name = name
        self.label = label
        self.type = type
        self.autocomplete = autocomplete
        self.hint = hint
        describedBy = hint.map { _ in "\(name)-hint" }
    }

    static func username(_ value: String, hint: String? = nil) -> FormField {
        var field = FormField("username", "Name", type: "text", autocomplete: "username", hint: hint)
        field.value = value
        return field
    }

    static func password(_ name: String = "password", _ label: String = "Password") -> FormField {
        FormField(name, label, type: "password", autocomplete: "current-password")
    }

    static func newPassword(_ name: String = "password", _ label: String = "Password") -> FormField {
        FormField(
            name, label, type: "password", autocomplete: "new-password",
            hint: "8 to 128 characters. A sentence is easier to remember than a riddle.")
    }

    fileprivate mutating func note(_ error: String) {
        self.error = error
        describedBy = [hint.map { _ in "\(name)-hint" }, "\(name)-error"].compactMap { $0 }.joined(separator: " ")
    }
}

/// A form as its page shows it.
struct FormScreen: Sendable {
    private(set) var fields: [FormField]
    /// Where a sign-in leads.
    var next: String?
    /// What is wrong with the form as a whole.
    private(set) var fault: String?
    private(set) var hasFaults = false

    init(_ fields: [FormField], next: ReturnPath? = nil) {
        self.fields = fields
        self.next = next?.text
    }

    /// The form with the errors of its fields.
    func showing(_ errors: [FieldError]) -> FormScreen {
        errors.reduce(self) { form, error in
            let label = fields.first { $0.name == error.field }?.label ?? error.field
            return form.showing("\(label) \(error.detail).", at: error.field)
        }
    }

    /// The form with a sentence about one of its fields.
    func showing(_ sentence: String, at name: String) -> FormScreen {
        var form = self
        form.hasFaults = true
        for index in fields.indices where fields[index].name == name { form.fields[index].note(sentence) }
        return form
    }

    /// The form with a sentence about all of it.
    func showing(_ sentence: String) -> FormScreen {
        var form = self
        form.hasFaults = true
        form.fault = sentence
        return form
    }
}
