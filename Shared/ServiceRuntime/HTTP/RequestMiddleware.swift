import Database
import HTTPTypes
import Hummingbird
import Logging
import Metrics

/// What every service does around the handler of a request: the request id, the deadline, metrics, the request log, responses to
/// errors, CORS and the header fields that all responses have.
///
/// It is one middleware, because each further one costs a request more than the work in it.
struct RequestMiddleware<Context: RequestContext>: RouterMiddleware {
    let crossOrigin: CrossOrigin
    /// The paths whose requests may carry a cookie that identifies the caller.
    let cookies: CookiePaths
    private let metrics = RequestMetrics()

    init(origins: Set<String>, cookies: CookiePaths) {
        crossOrigin = CrossOrigin(origins: origins, cookies: cookies)
        self.cookies = cookies
    }

    /// Code that handles a request logs with `Logger.current` of swift-log. A task-local value does not reach the closures of
    /// `SQLDatabase.read` and `write`, because they run on other threads.
    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        let scope = RequestScope(of: request)
        var scoped = context
        // Use Hummingbird's own key, so its log lines, `context.id` and the service's log lines have the same id.
        scoped.logger[metadataKey: "hb.request.id"] = "\(scope.requestID)"
        let context = scoped
        return try await RequestScope.$current.withValue(scope) {
            try await withLogger(context.logger) { _ in
                guard let deadline = scope.deadline else { return try await respond(to: request, context, scope, next) }
                return try await SQLDatabase.$deadline.withValue(deadline) {
                    try await respond(to: request, context, scope, next)
                }
            }
        }
    }

    private nonisolated(nonsending) func respond(
        to request: Request, _ context: Context, _ scope: RequestScope,
        _ next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        let method = request.method.label
        let activeRequests = metrics.activeRequests(method)
        let start = ContinuousClock.now
        activeRequests.increment()
        defer { activeRequests.decrement() }
        let outcome = try await responseOrProblem(request, context, next)
        var response = outcome.response
        let duration = ContinuousClock.now - start
        log(request, method, context, response.status, duration)
        crossOrigin.addFields(to: &response, of: request)
        addFields(to: &response, of: request)
        response.headers[.requestID] = scope.requestID
        metrics.ofResponses(context.route, method, response.status).record(
            duration: duration, isCancelled: outcome.isCancelled)
        return response
    }

    /// The response of the handler or to its error, and whether the handler has ended because it was cancelled.
    private nonisolated(nonsending) func responseOrProblem(
        _ request: Request, _ context: Context, _ next: (Request, Context) async throws -> Response
    ) async throws -> (response: Response, isCancelled: Bool) {
        if let response = crossOrigin.preflightResponse(to: request) { return (response, false) }
        do {
            return (try await next(request, context), false)
        } catch {
            let response = try Self.responseError(for: error, logger: context.logger)
                .response(from: request, context: context)
            return (response, error is CancellationError)
        }
    }

    /// The response to an error: a problem that the client can read.
    ///
    /// A response with 5xx does not state its cause. The log states the cause, under the request id.
    private static func responseError(for error: any Error, logger: Logger) -> any HTTPResponseError {
        switch error {
        case let error as any ProblemConvertible:
            return error.problem(loggingCauseTo: logger)
        case let error as HTTPError:
            return Problem(error)
        case let error as any HTTPResponseError:
            return error
        default:
            logger.error("The request failed.", metadata: ["error": "\(error)"])
            return Problem.internalError
        }
    }

    /// Writes a line of the access log: the method, the template of the route, the status and the duration. The source of these
    /// lines is `access`; that of all other lines is the module that wrote them.
    ///
    /// A path or a query may contain a token, so no line has one. Requests of the operations routes are logged at level `debug`,
    /// and all other requests at level `info`.
    private func log(
        _ request: Request, _ method: String, _ context: Context, _ status: HTTPResponse.Status, _ duration: Duration
    ) {
        let tenths = Int(duration / .microseconds(100))
        context.logger.log(
            level: OperationsPath.contains(request.uri.path) ? .debug : .info,
            "\(method) \(context.route) \(status.code)",
            metadata: ["duration_ms": "\(tenths / 10).\(tenths % 10)"], source: "access")
    }

    /// Adds the header fields that every response has unless it has its own.
    ///
    /// - `Cache-Control: no-store`: most responses belong to one account or describe an error. A response that caches may keep
    ///   says so itself.
    /// - `X-Content-Type-Options: nosniff`: browsers do not guess the media type.
    /// - `Vary: Cookie` on responses that must not be stored, if a cookie may identify the caller (RFC 9110 §12.5.5).
    private func addFields(to response: inout Response, of request: Request) {
        for field in HTTPFields.private where response.headers[field.name] == nil { response.headers.append(field) }
        if cookies.contains(request.uri.path), response.headers[.cacheControl] == "no-store" {
            response.headers.vary(by: .cookie)
        }
    }
}
