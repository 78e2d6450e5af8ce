import Hummingbird
import ServiceRuntime

/// A message, as its owner sees it.
struct MessageResponse: Encodable {
    let id, subject, body, created_at: String
    let read: Bool

    init(_ message: Message) {
        id = message.id.lowercase
        subject = message.subject
        body = message.body
        created_at = message.createdAt.rfc3339
        read = message.isRead
    }
}

/// The body of `GET /messages`.
struct MessageListResponse: ResponseEncodable {
    let messages: [MessageResponse]
    let next: String?

    init(_ page: (rows: [Message], next: String?)) {
        messages = page.rows.map(MessageResponse.init)
        next = page.next
    }
}
