import HTTPTypes
import Hummingbird
import JWTAuth
import ServiceRuntime

/// Adds the field `Server-Timing` to every response, also to one that rejects the request.
struct ServerTimingMiddleware: RouterMiddleware {
    func handle(
        _ request: Request, context: AppRequestContext,
        next: (Request, AppRequestContext) async throws -> Response
    ) async throws -> Response {
        let timing = AuthenticationTiming()
        do {
            var response = try await AuthenticationTiming.$current.withValue(timing) {
                try await next(request, context)
            }
            response.headers[.serverTiming] = timing.field
            return response
        } catch let error as CancellationError {
            // `RequestMiddleware` counts it as no error of the service.
            throw error
        } catch let error as any ProblemConvertible {
            // Log the cause here: `RequestMiddleware` gets a problem, which has none.
            throw Self.adding(timing, to: error.problem(loggingCauseTo: context.logger))
        } catch let problem as Problem {
            throw Self.adding(timing, to: problem)
        }
    }

    /// The problem with the field. A request that was rejected before its route has spent all its time on
    /// authentication.
    private static func adding(_ timing: AuthenticationTiming, to problem: Problem) -> Problem {
        timing.end()
        var problem = problem
        problem.headers[.serverTiming] = timing.field
        return problem
    }
}

extension HTTPField.Name {
    /// The field `Server-Timing` (W3C Server Timing §2).
    static let serverTiming = constant("Server-Timing")
}
