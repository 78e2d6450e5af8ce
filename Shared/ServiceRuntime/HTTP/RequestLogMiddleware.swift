import Hummingbird
import Logging

/// Writes a log line for each request: method, path without query and cut to 256 bytes, status, and duration.
///
/// It logs requests of the operations routes at level `debug`, and all other requests at level `info`.
struct RequestLogMiddleware<Context: RequestContext>: RouterMiddleware {
    private static var maximumPathBytes: Int { 256 }

    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        let start = ContinuousClock.now
        let response = try await next(request, context)
        let milliseconds = (ContinuousClock.now - start) / .milliseconds(1)
        context.logger.log(
            level: OperationsPath.contains(request.uri.path) ? .debug : .info,
            "\(request.method) \(request.uri.path.cut(toBytes: Self.maximumPathBytes)) \(response.status.code)",
            metadata: ["duration_ms": "\((milliseconds * 10).rounded() / 10)"])
        return response
    }
}
