extension String {
    /// The text with the escape of each character that is not safe in a log: text from a client must not begin a line, or change
    /// how a terminal shows one.
    func escapedForLog(_ escape: (Unicode.Scalar) -> String) -> String {
        guard !utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) else { return self }
        return unicodeScalars.reduce(into: "") { text, scalar in
            if scalar.isSafeInLog { text.unicodeScalars.append(scalar) } else { text += escape(scalar) }
        }
    }
}

extension Unicode.Scalar {
    /// Whether the character is visible or a space. The others control a terminal, end a line, change the direction of the text, or
    /// are invisible.
    fileprivate var isSafeInLog: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: false
        default: !properties.isDefaultIgnorableCodePoint
        }
    }
}
