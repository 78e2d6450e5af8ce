import Database
public import Hummingbird

/// Gives every request its scope and its deadline for the database.
public struct RequestScopeResponder<Context: ServiceRequestContext>: HTTPResponder {
    let router: RouterResponder<Context>

    /// Responds to a request.
    public func respond(to request: Request, context: Context) async throws -> Response {
        let scope = RequestScope(of: request)
        return try await RequestScope.$current.withValue(scope) {
            try await SQLDatabase.$deadline.withValue(scope.deadline) {
                try await router.respond(to: request, context: context)
            }
        }
    }
}
