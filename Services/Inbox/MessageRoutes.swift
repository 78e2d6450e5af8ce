import Foundation
import HTTPTypes
import Hummingbird
import JWTAuth
import ServiceRuntime

/// The routes of messages: an account reads, marks and deletes its own messages, and the service `orders` delivers them.
struct MessageRoutes: Sendable {
    let store: InboxStore
    let clock: WallClock

    func add(to router: Router<AppRequestContext>, _ authenticator: JWTAuthenticator) {
        router.behind(authenticator, .user, scope: "inbox:read")
            .get("messages", use: list)
            .post("messages/{id}/read", use: markRead)
            .delete("messages/{id}", use: delete)
        router.behind(authenticator, .service(from: ["orders"]), scope: "inbox:write")
            .put("accounts/{account}/messages/{id}", use: deliver)
    }

    /// `GET /messages`: one page of the caller's messages, newest first.
    private func list(_ request: Request, _ context: AuthenticatedRequestContext) async throws -> MessageListResponse {
        let page = try PageRequest(of: request)
        let messages = try await store.messages(of: context.identity.subject, page)
        return MessageListResponse(page.cut(messages) { $0.id })
    }

    /// `POST /messages/{id}/read`: 204, also if repeated; 404 if the caller has no such message.
    private func markRead(
        _ request: Request, _ context: AuthenticatedRequestContext
    ) async throws -> HTTPResponse.Status {
        let id = try context.parameters.id()
        guard try await store.markRead(id, of: context.identity.subject, at: clock.now()) else {
            throw Problem.noSuchMessage
        }
        return .noContent
    }

    /// `DELETE /messages/{id}`: 204; 404 if the caller has no such message.
    private func delete(
        _ request: Request, _ context: AuthenticatedRequestContext
    ) async throws -> HTTPResponse.Status {
        let id = try context.parameters.id()
        guard try await store.delete(id, of: context.identity.subject, at: clock.now()) else {
            throw Problem.noSuchMessage
        }
        return .noContent
    }

    /// `PUT /accounts/{account}/messages/{id}`: 201, or 200 if the message was delivered before.
    private func deliver(
        _ request: Request, _ context: AuthenticatedRequestContext
    ) async throws -> HTTPResponse.Status {
        let account = try context.parameters.id("account")
        let id = try context.parameters.id()
        let body = try await request.decode(as: MessageRequest.self, context: context)
        try body.validate()
        let isNew = try await store.deliver(
            id, to: account.lowercase, subject: body.subject, body: body.body, at: clock.now())
        return isNew ? .created : .ok
    }
}

extension Problem {
    fileprivate static let noSuchMessage = notFound("There is no such message.")
}
