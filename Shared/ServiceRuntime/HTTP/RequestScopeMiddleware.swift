import HTTPTypes
import Hummingbird
import Logging

/// Gives every response the request id, and every log line of its handler the same id.
///
/// Code that handles a request logs with `Logger.current` of swift-log. A task-local value does not reach the closures
/// of `SQLDatabase.read` and `write`, because they run on other threads.
struct RequestScopeMiddleware<Context: RequestContext>: RouterMiddleware {
    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        guard let scope = RequestScope.current else { return try await next(request, context) }
        var context = context
        // Use Hummingbird's own key, so its log lines, `context.id` and the service's log lines have the same id.
        context.logger[metadataKey: "hb.request.id"] = "\(scope.requestID)"
        return try await withLogger(context.logger) { _ in
            var response = try await next(request, context)
            response.headers[.requestID] = scope.requestID
            return response
        }
    }
}
