import HTTPTypes
import Hummingbird
import Logging
import Tracing

/// Gives every response the request id, and every log line the identity of its request.
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
        for (key, value) in Self.traceMetadata { context.logger[metadataKey: key] = "\(value)" }
        return try await withLogger(context.logger) { _ in
            var response = try await next(request, context)
            response.headers[.requestID] = scope.requestID
            return response
        }
    }

    /// The ids of the trace and of the span; empty outside of a trace.
    private static var traceMetadata: [(key: String, value: Substring)] {
        guard InstrumentationContext.current?.isEmpty == false else { return [] }
        var fields = HTTPFields()
        fields.addCurrentTrace()
        guard let parts = fields[.traceparent]?.split(separator: "-"), parts.count == 4 else { return [] }
        return [("trace_id", parts[1]), ("span_id", parts[2])]
    }
}
