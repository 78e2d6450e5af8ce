import HTTPTypes
import Hummingbird

/// Answers preflights and marks every response, also errors, for the origins that may read it
/// (the Fetch standard's CORS protocol).
struct CrossOriginMiddleware<Context: RequestContext>: RouterMiddleware {
    let origins: Set<String>
    let allowsCookies: Bool

    private static var preflightLifeSeconds: String { "600" }

    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        guard let origin = request.headers[.origin], origins.contains(origin) else {
            var response = try await next(request, context)
            if !origins.isEmpty { response.headers.append(HTTPField(name: .vary, value: "Origin")) }
            return response
        }
        let isPreflight = request.method == .options && request.headers[.accessControlRequestMethod] != nil
        var response = isPreflight ? preflight() : try await next(request, context)
        response.headers[.accessControlAllowOrigin] = origin
        if allowsCookies { response.headers[.accessControlAllowCredentials] = "true" }
        response.headers[.accessControlExposeHeaders] = "WWW-Authenticate, Retry-After, X-Request-Id"
        response.headers.append(HTTPField(name: .vary, value: "Origin"))
        return response
    }

    private func preflight() -> Response {
        Response(
            status: .noContent,
            headers: [
                .accessControlAllowMethods: "GET, HEAD, POST, PUT, PATCH, DELETE",
                .accessControlAllowHeaders: "Authorization, Content-Type, Idempotency-Key, X-Request-Id, traceparent",
                .accessControlMaxAge: Self.preflightLifeSeconds,
            ])
    }
}
