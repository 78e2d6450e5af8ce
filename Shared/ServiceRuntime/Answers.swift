import HTTPTypes
import Hummingbird
import Logging
import Metrics

/// Turns every error into a problem that the client can read, and writes one log line for each request.
///
/// The line names the method, the path without its query, the status and the time taken. What the client
/// is not told (the cause of a 5xx) stands in the log under the request's id.
struct AnswerMiddleware<Context: RequestContext>: RouterMiddleware {
    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        let start = ContinuousClock.now
        let response: Response
        do {
            response = try await next(request, context)
        } catch {
            response = try answer(to: error, logger: context.logger).response(from: request, context: context)
        }
        if response.status.kind == .serverError { count(request, response, at: context.endpointPath) }
        log(request, response, took: .now - start, to: context.logger)
        return response
    }

    /// Counts what the middleware of metrics, which stands around this one, cannot see: it takes only for an error what is
    /// thrown.
    private func count(_ request: Request, _ response: Response, at route: String?) {
        Counter(
            label: "hb.request.errors",
            dimensions: [
                ("http.route", route ?? "Unknown"), ("http.request.method", request.method.rawValue),
                ("error.type", String(response.status.code)),
            ]
        ).increment()
    }

    private func answer(to error: any Error, logger: Logger) -> any HTTPResponseError {
        switch error {
        case let error as any ProblemConvertible:
            let problem = error.problem
            if problem.status.kind == .serverError { logger.error("\(error)") }
            return problem
        case let error as HTTPError:
            return Problem.of(error)
        case let error as any HTTPResponseError:
            return error
        default:
            logger.error("The request failed.", metadata: ["error": "\(error)"])
            return Problem.internalError
        }
    }

    private func log(_ request: Request, _ response: Response, took: Duration, to logger: Logger) {
        let isHousekeeping = ["/healthz", "/readyz", "/metrics"].contains(request.uri.path)
        logger.log(
            level: isHousekeeping ? .debug : .info, "\(request.method) \(request.uri.path) \(response.status.code)",
            metadata: ["duration_ms": "\((took / .milliseconds(1) * 10).rounded() / 10)"])
    }
}
