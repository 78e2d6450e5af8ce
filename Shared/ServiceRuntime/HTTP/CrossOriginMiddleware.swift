import HTTPTypes
import Hummingbird

/// Lets pages of allowed origins read all responses, including errors, and responds to their preflight requests (CORS
/// protocol of the Fetch standard).
struct CrossOriginMiddleware<Context: RequestContext>: RouterMiddleware {
    let origins: Set<String>
    let cookies: CookiePaths

    private static var preflightLifetimeSeconds: Int { 600 }

    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        guard let origin = request.headers[.origin], origins.contains(origin) else {
            var response = try await next(request, context)
            if !origins.isEmpty { response.headers.vary(by: .origin) }
            return response
        }
        let isPreflight = request.method == .options && request.headers[.accessControlRequestMethod] != nil
        var response = isPreflight ? preflightResponse() : try await next(request, context)
        response.headers[.accessControlAllowOrigin] = origin
        if cookies.contains(request.uri.path) { response.headers[.accessControlAllowCredentials] = "true" }
        response.headers[.accessControlExposeHeaders] = "WWW-Authenticate, Retry-After, X-Request-Id"
        response.headers.vary(by: .origin)
        return response
    }

    private func preflightResponse() -> Response {
        Response(
            status: .noContent,
            headers: [
                .accessControlAllowMethods: "GET, HEAD, POST, PUT, PATCH, DELETE",
                .accessControlAllowHeaders: "Authorization, Content-Type, Idempotency-Key, X-Request-Id, traceparent",
                .accessControlMaxAge: String(Self.preflightLifetimeSeconds),
            ])
    }
}
