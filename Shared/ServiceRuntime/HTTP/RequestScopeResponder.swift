import Database
public import Hummingbird

/// Gives every request its scope, its deadline for the database, and a task.
///
/// The task ends with its request, because a task keeps the memory of its deepest call until it ends. The task of a connection
/// would keep about 20 KB of a request's memory while the connection is idle.
public struct RequestScopeResponder<Context: ServiceRequestContext>: HTTPResponder {
    let router: RouterResponder<Context>

    /// Responds to a request.
    public func respond(to request: Request, context: Context) async throws -> Response {
        let scope = RequestScope(of: request)
        return try await RequestScope.$current.withValue(scope) {
            try await SQLDatabase.$deadline.withValue(scope.deadline) {
                async let response = router.respond(to: request, context: context)
                return try await response
            }
        }
    }
}
