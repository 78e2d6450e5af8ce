import ServiceRuntime

/// The body of `PUT /accounts/{account}/messages/{id}`.
struct MessageRequest: Decodable {
    let subject: String
    let body: String

    // A character is a Unicode scalar, as in JSON Schema, so the OpenAPI document states the same limits.
    private static let maximumSubjectCharacters = 200
    private static let maximumBodyCharacters = 10_000

    /// Checks the length of the subject and of the body.
    ///
    /// - Throws: `Problem` with status 422 that names every invalid field.
    func validate() throws {
        var errors: [Problem.InvalidField] = []
        if !(1...Self.maximumSubjectCharacters).contains(subject.unicodeScalars.count) {
            errors.append(.init("subject", "must have 1 to \(Self.maximumSubjectCharacters) characters"))
        }
        if body.unicodeScalars.count > Self.maximumBodyCharacters {
            errors.append(.init("body", "must have at most \(Self.maximumBodyCharacters) characters"))
        }
        guard errors.isEmpty else { throw Problem.unprocessable(errors) }
    }
}
