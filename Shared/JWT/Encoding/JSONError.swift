/// The reason why the scanner rejects a text.
enum JSONError: Error {
    /// The text is not RFC 8259, not UTF-8, or repeats a name in an object.
    case malformed
    /// The text is nested deeper than `JSONScanner.maximumDepth`.
    case tooDeep
    /// The text is larger than `JSONSlice.maximumTextBytes`.
    case tooLarge
}

extension JSONError {
    /// The error of a token or an input with such a text.
    ///
    /// - Parameters:
    ///   - name: The name of the text.
    ///   - sentence: The message for a malformed text.
    func jwtError(of name: String, _ sentence: String) -> JWTError {
        switch self {
        case .malformed: JWTError(.malformed, sentence)
        case .tooDeep: JWTError(.limit, "the \(name) is nested too deeply")
        case .tooLarge: JWTError(.limit, "the \(name) has more than \(JSONSlice.maximumTextBytes) bytes")
        }
    }
}
