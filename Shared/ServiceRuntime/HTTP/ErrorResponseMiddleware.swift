import HTTPTypes
import Hummingbird
import Logging

/// Turns every error into a response: a problem that the client can read.
///
/// A response with 5xx does not state its cause. The log states the cause, under the request id.
struct ErrorResponseMiddleware<Context: RequestContext>: RouterMiddleware {
    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch {
            return try responseError(for: error, logger: context.logger).response(from: request, context: context)
        }
    }

    private func responseError(for error: any Error, logger: Logger) -> any HTTPResponseError {
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
}
