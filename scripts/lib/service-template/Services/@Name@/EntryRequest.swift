import ServiceRuntime

/// The body of `POST /entries`.
struct EntryRequest: Decodable {
    let text: String

    // A character is a Unicode scalar, as in JSON Schema, so the OpenAPI document states the same limit.
    private static let maximumCharacters = 1000

    /// Checks the length of the text.
    ///
    /// - Throws: `Problem` with status 422.
    func validate() throws {
        guard (1...Self.maximumCharacters).contains(text.unicodeScalars.count) else {
            throw Problem.unprocessable([.init("text", "must have 1 to \(Self.maximumCharacters) characters")])
        }
    }
}
