import JWT

/// Styles text with colours if `isEnabled` is true. It escapes the control characters of a token.
struct TerminalStyle {
    let isEnabled: Bool

    func warning(_ text: String) -> String { styled(text, "1;31") }
    func success(_ text: String) -> String { styled(text, "1;32") }
    func secondary(_ text: String) -> String { styled(text, "2") }
    func heading(_ text: String) -> String { styled(text, "1") }

    /// The members of an object, one on each line.
    func json(_ value: JSONValue) -> String {
        let members = value.members ?? []
        return members.map { member in
            let name = JSONValue.string(member.name).text.escapedForTerminal
            return "  " + styled(name, "36") + ": " + member.value.text.escapedForTerminal
        }.joined(separator: "\n")
    }

    private func styled(_ text: String, _ code: String) -> String {
        isEnabled ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}
