import Hummingbird
import JWTAuth
import ServiceRuntime

/// `POST /signup`: makes an account. A form is from the page of that name, anything else must be JSON.
struct SignupRoutes: Sendable {
    let registrar: Registrar
    let pages: SignInPages

    func add(to router: Router<AppRequestContext>) {
        let takeForm = pages.signUpForm
        router.post("signup") { request, context in
            request.isForm
                ? try await takeForm(request, context)
                : try await signup(request, context).response(from: request, context: context)
        }
    }

    private struct Signup: Decodable {
        let username: String
        let password: String
    }

    private struct Answer: ResponseEncodable {
        let account_id: String
        let username: String
    }

    private func signup(_ request: Request, _ context: AppRequestContext) async throws -> EditedResponse<Answer> {
        let signup = try await request.decode(as: Signup.self, context: context)
        let account = try await registrar.register(username: signup.username, password: signup.password)
        return EditedResponse(
            status: .created, response: Answer(account_id: account.id.lowercase, username: account.username))
    }
}
