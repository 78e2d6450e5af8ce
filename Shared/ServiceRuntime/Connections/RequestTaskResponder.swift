public import Hummingbird

/// Handles each request in a task that ends with it.
///
/// A task keeps the memory of its deepest call until it ends. The task of a connection would keep about 20 KB of a request's
/// memory while the connection is idle.
public struct RequestTaskResponder<Context: ServiceRequestContext>: HTTPResponder {
    let router: RouterResponder<Context>

    /// Handles a request.
    public func respond(to request: Request, context: Context) async throws -> Response {
        async let response = router.respond(to: request, context: context)
        return try await response
    }
}
