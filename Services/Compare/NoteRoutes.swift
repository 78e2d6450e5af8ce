import Foundation
import HTTPTypes
import Hummingbird
import JWTAuth
import ServiceRuntime

/// The routes of notes: an account reads and adds its own notes. They are the same behind each mechanism.
struct NoteRoutes: Sendable {
    let store: NoteStore
    let clock: WallClock

    /// Adds the routes `/{mechanism}/notes`, each with the field `Server-Timing`.
    func add<Group: Mechanism>(behind mechanism: Group, to router: Router<AppRequestContext>) {
        let timed = router.group(RouterPath(Group.path)).add(middleware: ServerTimingMiddleware())
        mechanism.protect(timed)
            .get("notes", use: list)
            .post("notes", use: add)
    }

    /// `GET /{mechanism}/notes`: one page of the caller's notes, newest first.
    private func list(_ request: Request, _ context: some CallerRequestContext) async throws -> NoteListResponse {
        AuthenticationTiming.current?.end()
        let page = try PageRequest(of: request)
        let notes = try await store.notes(of: context.account, page)
        return NoteListResponse(page.cut(notes) { $0.id })
    }

    /// `POST /{mechanism}/notes`: 201 with the note.
    private func add(
        _ request: Request, _ context: some CallerRequestContext
    ) async throws -> EditedResponse<NoteResponse> {
        AuthenticationTiming.current?.end()
        let body = try await NoteRequest.read(request, context: context)
        let now = clock.now()
        let note = Note(id: .version7(at: now), text: body.text, createdAt: now)
        try await store.add(note, of: context.account)
        return EditedResponse(status: .created, response: NoteResponse(note))
    }
}
