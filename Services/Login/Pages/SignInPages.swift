import HTTPTypes
import Hummingbird
import JWTAuth
import ServiceRuntime

/// The pages `/`, `/login` and `/signup`, for who is not signed in.
struct SignInPages: Sendable {
    let desk: PageDesk
    let authenticator: PasswordAuthenticator
    let registrar: Registrar

    private static let signIn = (template: "login", title: "Sign in")
    private static let signUp = (template: "signup", title: "Sign up")
    private static let nameHint = "3 to 32 of a–z, 0–9, dot, hyphen and underscore."

    func add(to router: Router<AppRequestContext>) {
        router
            .get("/", use: desk.page { _ in .page("home", "One pass, every door", "") })
            .get("login", use: desk.page(showSignIn))
            .post("login", use: desk.form(signIn))
            .get("signup", use: desk.page(showSignUp))
    }

    /// `POST /signup`, when it is a form.
    var signUpForm: PageDesk.Handler { desk.form(signUp) }

    private func showSignIn(_ visit: Visit) -> Reply {
        let next = visit.query["next"].flatMap { ReturnPath($0) }
        if visit.session != nil { return .goOn(to: (next ?? .account).text) }
        return .page(Self.signIn.template, Self.signIn.title, signInScreen(name: "", next))
    }

    private func signIn(_ visit: Visit, _ form: Form) async throws -> Reply {
        let (name, next) = (form["username"], ReturnPath(form["next"]))
        return try await .answer(to: signInScreen(name: name, next), on: Self.signIn) {
            let account = try await authenticator.account(
                name: name, password: form["password"], from: visit.network, logger: visit.logger)
            return try await begin(account, next, visit)
        }
    }

    private func signInScreen(name: String, _ next: ReturnPath?) -> FormScreen {
        FormScreen([.username(name), .password()], next: next)
    }

    private func showSignUp(_ visit: Visit) -> Reply {
        let next = visit.query["next"].flatMap { ReturnPath($0) }
        if visit.session != nil { return .goOn(to: (next ?? .account).text) }
        return .page(Self.signUp.template, Self.signUp.title, signUpScreen(name: "", next))
    }

    private func signUp(_ visit: Visit, _ form: Form) async throws -> Reply {
        let (name, next) = (form["username"], ReturnPath(form["next"]))
        return try await .answer(to: signUpScreen(name: name, next), on: Self.signUp) {
            let account = try await registrar.register(username: name, password: form["password"])
            return try await begin(account, next, visit)
        }
    }

    private func signUpScreen(name: String, _ next: ReturnPath?) -> FormScreen {
        FormScreen([.username(name, hint: Self.nameHint), .newPassword()], next: next)
    }

    /// Begins a session of the account in this browser, and goes on.
    private func begin(_ account: Account, _ next: ReturnPath?, _ visit: Visit) async throws -> Reply {
        let begun = try await desk.sessions.beginInBrowser(
            account, audience: desk.tokens.audiences, from: visit.client, former: visit.key, at: visit.now)
        guard let begun else { throw PasswordAuthenticator.WrongCredentials() }
        var reply = Reply.goOn(to: (next ?? .account).text)
        reply.begun = begun
        return reply
    }
}
