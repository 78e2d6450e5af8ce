import HTTPTypes
import Hummingbird
import JWTAuth
import ServiceRuntime

/// The pages `/`, `/login` and `/signup`.
///
/// The pages to sign in and up lead to each other and keep the path to which the sign-in returns. A path that fits into no
/// link is in a form instead, which `/login/page` and `/signup/page` take.
struct SignInPages: Sendable {
    let authenticator: PasswordAuthenticator
    let registrar: Registrar
    let sessions: SessionStore
    let cookies: BrowserCookies
    let authorizations: AuthorizationRequestReader

    private static let nameHint = "3 to 32 of a–z, 0–9, dot, hyphen and underscore."

    /// - Parameter signup: The groups for `POST /signup`, which accepts JSON as well.
    func add(to routes: PageRouterGroups, signup: PageRouterGroups) {
        routes.pages
            .get("/") { _, context in try context.render("home", title: "One pass for every service") }
            .get("login") { try await show(signInPage, $0.uri.queryParameters["next"], $1) }
            .get("signup") { try await show(signUpPage, $0.uri.queryParameters["next"], $1) }
            // A browser that loads such a page again without its form has no path to return to.
            .get("login/page") { _, _ in Response.redirect(to: "/login") }
            .get("signup/page") { _, _ in Response.redirect(to: "/signup") }
        routes.forms
            .post("login", use: signIn)
            .post("login/page") { try await show(signInPage, $1.form["next"], $1) }
            .post("signup/page") { try await show(signUpPage, $1.form["next"], $1) }
        signup.forms.post("signup", use: signUp)
    }

    /// Shows a page to sign in or up. Redirects a browser that is signed in.
    private func show(
        _ page: (String, ReturnPath?) -> FormPage, _ next: (some StringProtocol)?, _ context: some PageRequestContext
    ) async throws -> Response {
        let next = next.flatMap { ReturnPath($0) }
        if context.page.session != nil { return .redirect(to: (next ?? .account).text) }
        return try await authorizations.render(page("", next), in: context)
    }

    private func signInPage(name: String, _ next: ReturnPath?) -> FormPage { .signIn(name: name, next) }

    private func signIn(_ request: Request, _ context: FormContext) async throws -> Response {
        let (name, next) = (context.form["username"], ReturnPath(context.form["next"]))
        let page = signInPage(name: name, next)
        let result = try await authenticator.signIn(
            username: name, password: context.form["password"], from: context.page.network,
            device: context.page.device)
        switch result {
        case .signedIn(let account): return try await beginSession(of: account, next, page, context)
        case .wrongCredentials: return try await authorizations.render(page, failure: .wrongCredentials, in: context)
        case .throttled(let seconds):
            return try await authorizations.render(page, failure: .throttled(retryAfterSeconds: seconds), in: context)
        case .busy: return try await authorizations.render(page, failure: .busy, in: context)
        }
    }

    private func signUp(_ request: Request, _ context: FormContext) async throws -> Response {
        let (name, next) = (context.form["username"], ReturnPath(context.form["next"]))
        let page = signUpPage(name: name, next)
        let result = try await registrar.register(
            username: name, password: context.form["password"], from: context.page.network)
        switch result {
        case .registered(let account): return try await beginSession(of: account, next, page, context)
        case .invalid(let errors): return try await authorizations.render(page, failure: .invalid(errors), in: context)
        case .usernameTaken: return try await authorizations.render(page, failure: .usernameTaken, in: context)
        case .throttled(let seconds):
            return try await authorizations.render(page, failure: .throttled(retryAfterSeconds: seconds), in: context)
        case .busy: return try await authorizations.render(page, failure: .busy, in: context)
        }
    }

    private func signUpPage(name: String, _ next: ReturnPath?) -> FormPage {
        FormPage(
            "signup", title: "Sign up",
            [
                .username(name, hint: Self.nameHint),
                .newPassword(minimumLength: registrar.minimumPasswordLength),
            ], next: next)
    }

    /// Begins a session in this browser and redirects to `next`. When the account has changed since it was read,
    /// responds with the page of the form, as for a wrong password.
    private func beginSession(
        of account: Account, _ next: ReturnPath?, _ page: FormPage, _ context: FormContext
    ) async throws -> Response {
        let begun = try await sessions.beginInBrowser(
            account, audience: cookies.tokens.audiences, from: context.page.client, former: context.page.cookie,
            at: context.page.now)
        guard let (session, cookie) = begun else {
            return try await authorizations.render(page, failure: .wrongCredentials, in: context)
        }
        var response = Response.redirect(to: (next ?? .account).text)
        response.headers.append(contentsOf: try cookies.signingIn(session, cookie, at: context.page.now))
        let device = try await authenticator.clients.renewCookie(
            context.page.device, of: account.id, at: context.page.now)
        response.headers.append(cookies.setting(device))
        return response
    }
}
