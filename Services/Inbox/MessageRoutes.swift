import Foundation
import HTTPTypes
import Hummingbird
import JWTAuth
import ServiceRuntime

/// My messages for users, delivery for the services.
struct MessageRoutes: Sendable {
    let store: InboxStore
    let clock: WallClock

    // Characters are Unicode scalars here, as in JSON Schema, so that the description of the API can say the same.
    private static let maxSubjectCharacters = 200
    private static let maxBodyCharacters = 10_000

    func add(to router: Router<AppRequestContext>, _ authenticator: JWTAuthenticator) {
        router.behind(authenticator, .user, scope: "inbox:read")
            .get("messages", use: list)
            .post("messages/{id}/read", use: markRead)
            .delete("messages/{id}", use: delete)
        router.behind(authenticator, .service(from: ["orders"]), scope: "inbox:write")
            .put("accounts/{account}/messages/{id}", use: deliver)
    }

    /// `GET /messages`: only my own, newest first.
    private func list(_ request: Request, _ context: AuthenticatedRequestContext) async throws -> MessageList {
        let page = try PageRequest(of: request)
        let messages = try await store.messages(of: context.identity.subject, page)
        return MessageList(page.cut(messages, id: \.id))
    }

    /// `POST /messages/{id}/read`: 204, also when repeated.
    private func markRead(_ request: Request, _ context: AuthenticatedRequestContext) async throws
        -> HTTPResponse.Status
    {
        let id = try context.parameters.id()
        guard try await store.markRead(id, of: context.identity.subject, at: clock.now()) else {
            throw Problem.notFound("There is no such message.")
        }
        return .noContent
    }

    /// `DELETE /messages/{id}`: 204; 404 when it is not there, or someone else's.
    private func delete(_ request: Request, _ context: AuthenticatedRequestContext) async throws -> HTTPResponse.Status
    {
        let id = try context.parameters.id()
        guard try await store.delete(id, of: context.identity.subject, at: clock.now()) else {
            throw Problem.notFound("There is no such message.")
        }
        return .noContent
    }

    /// `PUT /accounts/{account}/messages/{id}`: 201, or 200 when it was delivered before.
    private func deliver(_ request: Request, _ context: AuthenticatedRequestContext) async throws -> HTTPResponse.Status
    {
        let account = try context.parameters.id("account")
        let id = try context.parameters.id()
        let draft = try await request.decode(as: Draft.self, context: context)
        try draft.validate(maxSubject: Self.maxSubjectCharacters, maxBody: Self.maxBodyCharacters)
        let isNew = try await store.deliver(
            id, to: account.lowercase, subject: draft.subject, body: draft.body, at: clock.now())
        return isNew ? .created : .ok
    }

    private struct Draft: Decodable {
        let subject: String
        let body: String

        func validate(maxSubject: Int, maxBody: Int) throws {
            var faults: [Problem.InvalidField] = []
            if !(1...maxSubject).contains(subject.unicodeScalars.count) {
                faults.append(.init("subject", "must have 1 to \(maxSubject) characters"))
            }
            if body.unicodeScalars.count > maxBody {
                faults.append(.init("body", "must have at most \(maxBody) characters"))
            }
            guard faults.isEmpty else { throw Problem.unprocessable(faults) }
        }
    }
}

/// The body of `GET /messages`.
struct MessageList: ResponseEncodable {
    let messages: [Item]
    let next: String?

    struct Item: Encodable {
        let id, subject, body, created_at: String
        let read: Bool
    }

    init(_ page: (rows: [Message], next: String?)) {
        messages = page.rows.map {
            Item(
                id: $0.id.lowercase, subject: $0.subject, body: $0.body, created_at: $0.createdAt.rfc3339,
                read: $0.isRead)
        }
        next = page.next
    }
}
