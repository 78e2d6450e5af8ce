import HTTPTypes
import Hummingbird
import Logging
import ServiceRuntime

/// Shows the problems of pages as HTML. `RequestMiddleware` responds to all other errors.
struct HTMLErrorMiddleware: RouterMiddleware {
    let authorizations: AuthorizationRequestReader

    func handle(
        _ request: Request, context: PageContext, next: (Request, PageContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch is SignInRequired {
            // The browser cannot repeat a form after the sign-in, so the sign-in leads to the account page.
            let next = (request.method == .get ? ReturnPath(request.uri.string) : nil) ?? .account
            // A target that fits into no link goes into the form itself.
            guard let query = next.query else { return try await signInPage(returningTo: next, context) }
            return .redirect(to: "/login\(query)")
        } catch {
            return try context.response(to: error)
        }
    }

    /// The page to sign in, at the address that needs a session.
    private func signInPage(returningTo next: ReturnPath, _ context: PageContext) async throws -> Response {
        do {
            return try await authorizations.render(.signIn(name: "", next), in: context)
        } catch {
            return try context.response(to: error)
        }
    }
}

extension PageContext {
    /// The page about an error.
    ///
    /// - Throws: `error` itself if it has no problem to show, and `CancellationError`.
    func response(to error: any Error) throws -> Response {
        switch error {
        // The caller counts it as no error of the service.
        case is CancellationError: throw error
        case let problem as Problem: return try response(to: problem)
        case let error as any ProblemConvertible:
            return try response(to: error.problem(loggingCauseTo: logger))
        default: throw error
        }
    }

    private func response(to problem: Problem) throws -> Response {
        let title =
            switch problem.status.kind {
            case .serverError: "Not possible now"
            default: problem.status == .notFound ? "Not found" : "That was rejected"
            }
        var response = try render(
            "problem", title: title, ProblemModel(detail: problem.detail), status: problem.status)
        for field in problem.headers { response.headers[field.name] = field.value }
        return response
    }
}

/// The values of the template `problem`.
private struct ProblemModel: Sendable {
    let detail: String
}
