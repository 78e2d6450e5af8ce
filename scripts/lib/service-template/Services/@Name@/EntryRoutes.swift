import Foundation
import HTTPTypes
import Hummingbird
import JWTAuth
import ServiceRuntime

/// The routes of entries: an account reads, adds and deletes its own entries.
struct EntryRoutes: Sendable {
    let store: EntryStore
    let clock: WallClock

    func add(to router: Router<AppRequestContext>, _ authenticator: JWTAuthenticator) {
        router.behind(authenticator, .user)
            .get("entries", use: list)
            .post("entries", use: add)
            .delete("entries/{id}", use: delete)
    }

    /// `GET /entries`: one page of the caller's entries, newest first.
    private func list(_ request: Request, _ context: AuthenticatedRequestContext) async throws -> EntryListResponse {
        let page = try PageRequest(of: request)
        let entries = try await store.entries(of: context.identity.subject, page)
        return EntryListResponse(page.cut(entries) { $0.id })
    }

    /// `POST /entries`: 201 with the entry; 409 if the caller has the maximum number of entries.
    private func add(
        _ request: Request, _ context: AuthenticatedRequestContext
    ) async throws -> EditedResponse<EntryResponse> {
        let body = try await request.decode(as: EntryRequest.self, context: context)
        try body.validate()
        let now = clock.now()
        let entry = Entry(id: .version7(at: now), text: body.text, createdAt: now)
        guard try await store.add(entry, of: context.identity.subject) else { throw Problem.tooManyEntries }
        return EditedResponse(status: .created, response: EntryResponse(entry))
    }

    /// `DELETE /entries/{id}`: 204; 404 if the caller has no such entry.
    private func delete(
        _ request: Request, _ context: AuthenticatedRequestContext
    ) async throws -> HTTPResponse.Status {
        let id = try context.parameters.id()
        guard try await store.delete(id, of: context.identity.subject) else { throw Problem.noSuchEntry }
        return .noContent
    }
}

extension Problem {
    fileprivate static let noSuchEntry = notFound("There is no such entry.")

    fileprivate static let tooManyEntries = conflict(
        code: "too_many_entries", "You have as many entries as an account may have. Delete one first.")
}
