/// The name of a client, which people see when they decide whether to allow it: 1 to 60 characters on one line.
struct ClientName: Sendable, Equatable {
    private static let maximumCharacters = 60

    let text: String

    /// Nil for a text that is empty, too long, or has control or format characters. Those could change how the text
    /// around the name is shown.
    init?(_ text: String) {
        guard (1...Self.maximumCharacters).contains(text.unicodeScalars.count),
            text.first?.isWhitespace == false, text.last?.isWhitespace == false,
            text.unicodeScalars.allSatisfy(Self.isAllowed)
        else { return nil }
        self.text = text
    }

    private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned: false
        default: true
        }
    }
}
