import Hummingbird
import ServiceRuntime

/// A note, as its owner sees it.
struct NoteResponse: ResponseEncodable {
    let id, text, created_at: String

    init(_ note: Note) {
        id = note.id.lowercase
        text = note.text
        created_at = note.createdAt.rfc3339
    }
}

/// The body of `GET /…/notes`.
struct NoteListResponse: ResponseEncodable {
    let notes: [NoteResponse]
    let next: String?

    init(_ page: (rows: [Note], next: String?)) {
        notes = page.rows.map(NoteResponse.init)
        next = page.next
    }
}
