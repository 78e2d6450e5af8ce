import Hummingbird
import ServiceRuntime

/// An entry, as its owner sees it.
struct EntryResponse: ResponseEncodable {
    let id, text, created_at: String

    init(_ entry: Entry) {
        id = entry.id.lowercase
        text = entry.text
        created_at = entry.createdAt.rfc3339
    }
}

/// The body of `GET /entries`.
struct EntryListResponse: ResponseEncodable {
    let entries: [EntryResponse]
    let next: String?

    init(_ page: (rows: [Entry], next: String?)) {
        entries = page.rows.map(EntryResponse.init)
        next = page.next
    }
}
