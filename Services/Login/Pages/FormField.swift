/// The values of the template `field`: a field of a form.
struct FormField: Sendable {
    let name: String
    let label: String
    let type: String
    let autocomplete: String
    let hint: String?
    /// The text that was typed; always empty for a password.
    private(set) var value = ""
    /// The error of the value, as a sentence.
    private(set) var error: String?
    /// The ids of the hint and of the error, for screen readers (`aria-describedby`).
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

    static func text(_ name: String, _ label: String, value: String, hint: String? = nil) -> FormField {
        var field = FormField(name, label, type: "text", autocomplete: "off", hint: hint)
        field.value = value
        return field
    }

    static func password(_ name: String = "password", _ label: String = "Password") -> FormField {
        FormField(name, label, type: "password", autocomplete: "current-password")
    }

    /// - Parameter minimumLength: The minimum number of characters.
    static func newPassword(
        _ name: String = "password", _ label: String = "Password", minimumLength: Int
    ) -> FormField {
        FormField(
            name, label, type: "password", autocomplete: "new-password",
            hint: "\(minimumLength) to \(Password.maximumLength) characters. A whole sentence is easy to remember.")
    }

    /// Shows an error at the field.
    mutating func show(_ error: String) {
        self.error = error
        describedBy = [hint.map { _ in "\(name)-hint" }, "\(name)-error"].compactMap { $0 }.joined(separator: " ")
    }
}
