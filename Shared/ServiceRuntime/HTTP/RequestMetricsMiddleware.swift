import HTTPTypes
import Hummingbird
import Metrics

/// Counts requests, their duration, the responses from 500 up, and the requests whose handler runs.
///
/// A request counts until its handler has returned a response. Hummingbird's own middleware counts it until the body is
/// written, so it never ends a request whose body is dropped (`HEAD`) or whose client resets the connection.
///
/// The labels come from bounded sets: the templates of routes, the methods of RFC 9110, and the statuses. Every unknown path
/// has the route `NotFound`, and every other method is `_OTHER`.
struct RequestMetricsMiddleware<Context: RequestContext>: RouterMiddleware {
    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        let method = request.method.label
        let activeRequests = Meter(label: "http.server.active_requests", dimensions: [("http.request.method", method)])
        let start = ContinuousClock.now
        activeRequests.increment()
        defer { activeRequests.decrement() }
        let response = try await next(request, context)
        record(response.status, method, context.endpointPath ?? "NotFound", duration: .now - start)
        return response
    }

    private func record(_ status: HTTPResponse.Status, _ method: String, _ route: String, duration: Duration) {
        let request = [("http.route", route), ("http.request.method", method)]
        let response = request + [("http.response.status_code", String(status.code))]
        Counter(label: "hb.requests", dimensions: response).increment()
        Timer(label: "http.server.request.duration", dimensions: response)
            .recordNanoseconds(Int64(duration / .nanoseconds(1)))
        guard status.kind == .serverError else { return }
        Counter(label: "hb.request.errors", dimensions: request + [("error.type", String(status.code))]).increment()
    }
}

extension HTTPRequest.Method {
    private static let known: Set<Self> = [.get, .head, .post, .put, .patch, .delete, .options, .trace, .connect]

    /// The method as a metric label, `_OTHER` for every method that RFC 9110 and RFC 5789 do not define.
    fileprivate var label: String { Self.known.contains(self) ? rawValue : "_OTHER" }
}
