import HTTPTypes
import Hummingbird
import Logging
import Metrics

/// Turns every error into a response: a problem that the client can read.
///
/// A response with 5xx does not state its cause. The log states the cause, under the request id.
struct ErrorResponseMiddleware<Context: RequestContext>: RouterMiddleware {
    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        let response: Response
        do {
            response = try await next(request, context)
        } catch {
            response = try responseError(for: error, logger: context.logger).response(from: request, context: context)
        }
        if response.status.kind == .serverError { count(request, response, at: context.endpointPath) }
        return response
    }

    /// Counts a response with 5xx. `MetricsMiddleware` counts thrown errors only, and this middleware catches them all.
    private func count(_ request: Request, _ response: Response, at route: String?) {
        Counter(
            label: "hb.request.errors",
            dimensions: [
                ("http.route", route ?? "Unknown"), ("http.request.method", request.method.rawValue),
                ("error.type", String(response.status.code)),
            ]
        ).increment()
    }

    private func responseError(for error: any Error, logger: Logger) -> any HTTPResponseError {
        switch error {
        case let error as any ProblemConvertible:
            let problem = error.problem
            if problem.status.kind == .serverError { logger.error("\(error)") }
            return problem
        case let error as HTTPError:
            return Problem(error)
        case let error as any HTTPResponseError:
            return error
        default:
            logger.error("The request failed.", metadata: ["error": "\(error)"])
            return Problem.internalError
        }
    }
}
