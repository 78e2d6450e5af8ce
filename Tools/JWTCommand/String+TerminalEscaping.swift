extension String {
    /// The text with a JSON escape for each character that a terminal would interpret as a command or hide.
    ///
    /// JSON keeps its meaning, because such characters occur only in its strings.
    var escapedForTerminal: String {
        if utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) { return self }
        return unicodeScalars.reduce(into: "") { text, scalar in
            if scalar.isUnsafeForTerminal {
                for unit in String(scalar).utf16 { text += unit.escapedForJSON }
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
    }
}

extension Unicode.Scalar {
    /// Whether it is a control or format character, ends a line, or is invisible, such as a variation selector.
    fileprivate var isUnsafeForTerminal: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: true
        default: properties.isDefaultIgnorableCodePoint
        }
    }
}

extension UInt16 {
    /// An escape such as `\u001b`.
    fileprivate var escapedForJSON: String {
        let digits = String(self, radix: 16)
        return "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
    }
}
