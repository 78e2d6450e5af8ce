import Hummingbird
import JWTAuth
import ServiceRuntime

/// `POST /signup` with JSON: creates an account. Passes a form on to the sign-up page.
struct JSONSignupMiddleware: RouterMiddleware {
    let registrar: Registrar

    func handle(
        _ request: Request, context: AppRequestContext,
        next: (Request, AppRequestContext) async throws -> Response
    ) async throws -> Response {
        guard request.mediaType != MediaType.form else { return try await next(request, context) }
        return try await signUp(request, context).response(from: request, context: context)
    }

    private struct SignupRequest: Decodable {
        let username: String
        let password: String
    }

    private struct SignupResponse: ResponseEncodable {
        let account_id: String
        let username: String
    }

    private func signUp(
        _ request: Request, _ context: AppRequestContext
    ) async throws -> EditedResponse<SignupResponse> {
        let signup = try await request.decode(as: SignupRequest.self, context: context)
        let result = try await registrar.register(
            username: signup.username, password: signup.password,
            from: NetworkAddress.network(of: context.peerAddress))
        switch result {
        case .registered(let account):
            return EditedResponse(
                status: .created,
                response: SignupResponse(account_id: account.id.lowercase, username: account.username))
        case .invalid(let errors): throw Problem.invalidFields(errors)
        case .usernameTaken:
            throw Problem.conflict(code: "username_taken", "This name is taken; choose another.")
        case .throttled(let seconds): throw Problem.tooManyAttempts(retryAfterSeconds: seconds)
        case .busy: throw Problem.tooManySignIns
        }
    }
}

extension Problem {
    /// 503: too many passwords wait to be checked or hashed.
    static let tooManySignIns = Problem.unavailable(
        "Too many people are signing in. Try again.", retryAfter: PasswordHasher.retryAfterSeconds)
}
