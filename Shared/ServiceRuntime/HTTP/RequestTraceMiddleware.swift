import HTTPTypes
import Hummingbird
import Tracing

/// Gives every request a span, which belongs to the trace of the caller or begins one.
///
/// The span has the method, the template of the route as in metrics, and the status; it never has a path, a query, a
/// header field or a body, because they may contain a token. A request that `ConnectionGuard` rejects has none. The
/// span ends when the handler has returned a response. Requests of the operations routes have no span.
struct RequestTraceMiddleware<Context: RequestContext>: RouterMiddleware {
    /// Whether requests begin traces. If not, only the trace of a caller goes on.
    let beginsTraces: Bool
    private let tracer = InstrumentationSystem.tracer

    init(beginsTraces: Bool) { self.beginsTraces = beginsTraces }

    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        guard beginsTraces || request.headers[.traceparent] != nil, !OperationsPath.contains(request.uri.path) else {
            return try await next(request, context)
        }
        let method = request.method.label
        // OpenTelemetry's conventions for HTTP, "Name".
        let name = method == "_OTHER" ? "HTTP" : method
        // `withSpan` would also look the tracer up and box closures, for most requests only to record nothing.
        let span = tracer.startAnySpan(name, context: InstrumentationContext(of: request.headers), ofKind: .server)
        defer { span.end() }
        return try await InstrumentationContext.$current.withValue(span.context) {
            guard span.isRecording else { return try await next(request, context) }
            do {
                let response = try await next(request, context)
                span.operationName = "\(name) \(context.route)"
                span.attributes = .init(method, context.route, response.status)
                if response.status.kind == .serverError { span.setStatus(.init(code: .error)) }
                return response
            } catch {
                span.recordError(error)
                span.setStatus(.init(code: .error))
                throw error
            }
        }
    }
}

extension SpanAttributes {
    /// The attributes of a request, with the names of OpenTelemetry's conventions for HTTP servers.
    fileprivate init(_ method: String, _ route: String, _ status: HTTPResponse.Status) {
        self = [
            "http.request.method": .string(method), "http.route": .string(route),
            "http.response.status_code": .int64(Int64(status.code)),
        ]
        if status.kind == .serverError { self["error.type"] = String(status.code) }
    }
}
