import HTTPTypes
import Hummingbird
import Logging

/// Gives every request its scope, every response the request id, and every log line the identity of its request.
struct RequestScopeMiddleware<Context: RequestContext>: RouterMiddleware {
    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        let scope = RequestScope(of: request)
        var context = context
        // Hummingbird's own key, so that its lines, `context.id` and the service's lines name a request alike.
        context.logger[metadataKey: "hb.request.id"] = "\(scope.requestID)"
        if let traceparent = scope.traceparent {
            context.logger[metadataKey: "traceparent"] = "\(traceparent)"
        }
        return try await RequestScope.$current.withValue(scope) {
            var response = try await next(request, context)
            response.headers[.requestID] = scope.requestID
            return response
        }
    }
}
