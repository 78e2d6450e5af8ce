import Hummingbird
import ServiceRuntime

/// The body of `POST /…/notes`: JSON, or a form as a page without scripts sends it.
struct NoteRequest: Decodable {
    let text: String

    // A character is a Unicode scalar, as in JSON Schema, so the OpenAPI document states the same limit.
    private static let maximumCharacters = 1000

    /// Reads the body of a request and checks the length of the text.
    ///
    /// - Throws: `Problem`; `InvalidForm`.
    static func read(_ request: Request, context: some ServiceRequestContext) async throws -> NoteRequest {
        let note: NoteRequest
        if request.mediaType == MediaType.form {
            note = NoteRequest(text: try await URLEncodedForm(bodyOf: request)["text"] ?? "")
        } else {
            note = try await request.decode(as: NoteRequest.self, context: context)
        }
        guard (1...maximumCharacters).contains(note.text.unicodeScalars.count) else {
            throw Problem.unprocessable([.init("text", "must have 1 to \(maximumCharacters) characters")])
        }
        return note
    }
}
