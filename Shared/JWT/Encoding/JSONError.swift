/// The reason why the scanner rejects a text.
enum JSONError: Error {
    /// The text is not RFC 8259, not UTF-8, or repeats a name in an object.
    case malformed
    /// The text is nested deeper than `JSONScanner.maximumDepth`, or is larger than `JSONSlice.maximumTextBytes`.
    case tooDeep
}
