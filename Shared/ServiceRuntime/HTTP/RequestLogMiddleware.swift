import Hummingbird
import Logging

/// Writes the access log: a line for each request with the method, the template of the route, the status and the duration. The
/// source of these lines is `access`; that of all other lines is the module that wrote them.
///
/// A path or a query may contain a token, so no line has one. Requests of the operations routes are logged at level `debug`, and
/// all other requests at level `info`.
struct RequestLogMiddleware<Context: RequestContext>: RouterMiddleware {
    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        let start = ContinuousClock.now
        let response = try await next(request, context)
        let milliseconds = (ContinuousClock.now - start) / .milliseconds(1)
        context.logger.log(
            level: OperationsPath.contains(request.uri.path) ? .debug : .info,
            "\(request.method.label) \(context.route) \(response.status.code)",
            metadata: ["duration_ms": "\((milliseconds * 10).rounded() / 10)"], source: "access")
        return response
    }
}
