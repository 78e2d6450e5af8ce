import HTTPTypes
import Hummingbird
import JWTAuth
import ServiceRuntime

/// The pages `/`, `/login` and `/signup`.
struct SignInPages: Sendable {
    let authenticator: PasswordAuthenticator
    let registrar: Registrar
    let sessions: SessionStore
    let cookies: BrowserCookies

    private static let nameHint = "3 to 32 of a–z, 0–9, dot, hyphen and underscore."

    /// - Parameter signup: The groups for `POST /signup`, which accepts JSON as well.
    func add(to routes: PageRouterGroups, signup: PageRouterGroups) {
        routes.pages
            .get("/") { _, context in try context.render("home", title: "One pass for every service") }
            .get("login", use: showSignIn)
            .get("signup", use: showSignUp)
        routes.forms.post("login", use: signIn)
        signup.forms.post("signup", use: signUp)
    }

    private func showSignIn(_ request: Request, _ context: PageContext) throws -> Response {
        let next = ReturnPath(of: request)
        if context.session != nil { return .redirect(to: (next ?? .account).text) }
        return try context.render(signInPage(name: "", next))
    }

    private func signIn(_ request: Request, _ context: FormContext) async throws -> Response {
        let (name, next) = (context.form["username"], ReturnPath(context.form["next"]))
        let page = signInPage(name: name, next)
        let result = try await authenticator.signIn(
            username: name, password: context.form["password"], from: context.page.network)
        switch result {
        case .signedIn(let account): return try await beginSession(of: account, next, page, context)
        case .wrongCredentials: return try context.render(page, failure: .wrongCredentials)
        case .throttled(let seconds):
            return try context.render(page, failure: .throttled(retryAfterSeconds: seconds))
        case .busy: return try context.render(page, failure: .busy)
        }
    }

    private func signInPage(name: String, _ next: ReturnPath?) -> FormPage {
        FormPage("login", title: "Sign in", [.username(name), .password()], next: next)
    }

    private func showSignUp(_ request: Request, _ context: PageContext) throws -> Response {
        let next = ReturnPath(of: request)
        if context.session != nil { return .redirect(to: (next ?? .account).text) }
        return try context.render(signUpPage(name: "", next))
    }

    private func signUp(_ request: Request, _ context: FormContext) async throws -> Response {
        let (name, next) = (context.form["username"], ReturnPath(context.form["next"]))
        let page = signUpPage(name: name, next)
        switch try await registrar.register(username: name, password: context.form["password"]) {
        case .registered(let account): return try await beginSession(of: account, next, page, context)
        case .invalid(let errors): return try context.render(page, failure: .invalid(errors))
        case .usernameTaken: return try context.render(page, failure: .usernameTaken)
        case .busy: return try context.render(page, failure: .busy)
        }
    }

    private func signUpPage(name: String, _ next: ReturnPath?) -> FormPage {
        FormPage("signup", title: "Sign up", [.username(name, hint: Self.nameHint), .newPassword()], next: next)
    }

    /// Begins a session in this browser and redirects to `next`. When the account has changed since it was read,
    /// responds with the page of the form, as for a wrong password.
    private func beginSession(
        of account: Account, _ next: ReturnPath?, _ page: FormPage, _ context: FormContext
    ) async throws -> Response {
        let begun = try await sessions.beginInBrowser(
            account, audience: cookies.tokens.audiences, from: context.page.client, former: context.page.cookie,
            at: context.page.now)
        guard let (session, cookie) = begun else { return try context.render(page, failure: .wrongCredentials) }
        var response = Response.redirect(to: (next ?? .account).text)
        response.headers.append(contentsOf: try cookies.signingIn(session, cookie, at: context.page.now))
        return response
    }
}
