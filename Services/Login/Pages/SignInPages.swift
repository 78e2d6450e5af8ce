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
        let screen = signInScreen(name: name, next)
        let result = try await authenticator.signIn(
            username: name, password: form["password"], from: visit.network, logger: visit.logger)
        switch result {
        case .signedIn(let account):
            return try await begin(account, next, visit) ?? wrongCredentials(screen, on: Self.signIn)
        case .wrongCredentials: return wrongCredentials(screen, on: Self.signIn)
        case .throttled(let seconds): return .throttled(screen, on: Self.signIn, retryAfterSeconds: seconds)
        case .busy: return .busy(screen, on: Self.signIn)
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
        let screen = signUpScreen(name: name, next)
        switch try await registrar.register(username: name, password: form["password"]) {
        case .registered(let account):
            return try await begin(account, next, visit) ?? wrongCredentials(screen, on: Self.signUp)
        case .invalid(let errors): return .rejected(screen.showing(errors), on: Self.signUp, status: 422)
        case .usernameTaken:
            let screen = screen.showing("This name is taken; choose another.", at: "username")
            return .rejected(screen, on: Self.signUp, status: 409)
        case .busy: return .busy(screen, on: Self.signUp)
        }
    }

    private func signUpScreen(name: String, _ next: ReturnPath?) -> FormScreen {
        FormScreen([.username(name, hint: Self.nameHint), .newPassword()], next: next)
    }

    /// Whether the name is unknown or the password wrong makes no difference.
    private func wrongCredentials(_ screen: FormScreen, on page: (template: String, title: String)) -> Reply {
        .rejected(screen.showing("The name or the password is wrong.", at: "password"), on: page, status: 422)
    }

    /// Begins a session of the account in this browser, and goes on. Nil when the account was changed since it was read.
    private func begin(_ account: Account, _ next: ReturnPath?, _ visit: Visit) async throws -> Reply? {
        let begun = try await desk.sessions.beginInBrowser(
            account, audience: desk.tokens.audiences, from: visit.client, former: visit.key, at: visit.now)
        guard let begun else { return nil }
        var reply = Reply.goOn(to: (next ?? .account).text)
        reply.begun = begun
        return reply
    }
}
