import HTTPTypes
import Hummingbird

/// Lets pages of allowed origins read all responses, including errors, and responds to their preflight requests (CORS
/// protocol of the Fetch standard).
struct CrossOrigin: Sendable {
    let origins: Set<String>
    let cookies: CookiePaths

    private static let preflightLifetimeSeconds = 600

    /// The response to a preflight request of an allowed origin; nil for any other request.
    func preflightResponse(to request: Request) -> Response? {
        guard request.method == .options, allowedOrigin(of: request) != nil,
            request.headers[.accessControlRequestMethod] != nil
        else { return nil }
        return Response(
            status: .noContent,
            headers: [
                .accessControlAllowMethods: "GET, HEAD, POST, PUT, PATCH, DELETE",
                .accessControlAllowHeaders: "Authorization, Content-Type, Idempotency-Key, X-Request-Id, traceparent",
                .accessControlMaxAge: String(Self.preflightLifetimeSeconds),
            ])
    }

    /// Adds the fields of CORS to a response.
    func addFields(to response: inout Response, of request: Request) {
        guard !origins.isEmpty else { return }
        if let origin = allowedOrigin(of: request) {
            response.headers[.accessControlAllowOrigin] = origin
            if cookies.contains(request.uri.path) { response.headers[.accessControlAllowCredentials] = "true" }
            response.headers[.accessControlExposeHeaders] = "WWW-Authenticate, Retry-After, X-Request-Id"
        }
        response.headers.vary(by: .origin)
    }

    private func allowedOrigin(of request: Request) -> String? {
        request.headers[.origin].flatMap { origins.contains($0) ? $0 : nil }
    }
}
