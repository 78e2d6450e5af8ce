extension String {
    /// The text with everything escaped that a terminal would obey or not show, the way JSON escapes it, so that JSON stays
    /// JSON and means the same. What is JSON already has such characters in strings only.
    var escapedForTerminal: String {
        if utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) { return self }
        return unicodeScalars.reduce(into: "") { text, scalar in
            if scalar.isObeyedOrHidden {
                for unit in String(scalar).utf16 { text += unit.escapedForJSON }
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
    }
}

extension Unicode.Scalar {
    /// Control and format characters, ends of lines, and what has no shape of its own, such as variation selectors.
    fileprivate var isObeyedOrHidden: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: true
        default: properties.isDefaultIgnorableCodePoint
        }
    }
}

extension UInt16 {
    /// Such as `\u001b`.
    fileprivate var escapedForJSON: String {
        let digits = String(self, radix: 16)
        return "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
    }
}
