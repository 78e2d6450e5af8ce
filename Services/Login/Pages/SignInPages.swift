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
    let authorizations: AuthorizationRequestReader

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

    private func showSignIn(_ request: Request, _ context: PageContext) async throws -> Response {
        let next = ReturnPath(of: request)
        if context.session != nil { return .redirect(to: (next ?? .account).text) }
        return try await render(.signIn(name: "", next), context)
    }

    private func signIn(_ request: Request, _ context: FormContext) async throws -> Response {
        let (name, next) = (context.form["username"], ReturnPath(context.form["next"]))
        let page = FormPage.signIn(name: name, next)
        let result = try await authenticator.signIn(
            username: name, password: context.form["password"], from: context.page.network,
            device: context.page.device)
        switch result {
        case .signedIn(let account): return try await beginSession(of: account, next, page, context)
        case .wrongCredentials: return try await render(page, failure: .wrongCredentials, context)
        case .throttled(let seconds):
            return try await render(page, failure: .throttled(retryAfterSeconds: seconds), context)
        case .busy: return try await render(page, failure: .busy, context)
        }
    }

    private func showSignUp(_ request: Request, _ context: PageContext) async throws -> Response {
        let next = ReturnPath(of: request)
        if context.session != nil { return .redirect(to: (next ?? .account).text) }
        return try await render(signUpPage(name: "", next), context)
    }

    private func signUp(_ request: Request, _ context: FormContext) async throws -> Response {
        let (name, next) = (context.form["username"], ReturnPath(context.form["next"]))
        let page = signUpPage(name: name, next)
        let result = try await registrar.register(
            username: name, password: context.form["password"], from: context.page.network)
        switch result {
        case .registered(let account): return try await beginSession(of: account, next, page, context)
        case .invalid(let errors): return try await render(page, failure: .invalid(errors), context)
        case .usernameTaken: return try await render(page, failure: .usernameTaken, context)
        case .throttled(let seconds):
            return try await render(page, failure: .throttled(retryAfterSeconds: seconds), context)
        case .busy: return try await render(page, failure: .busy, context)
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

    /// The page of a form. If the sign-in leads to a client, the policy of the page names the client's origin.
    private func render(
        _ page: FormPage, failure: FormFailure? = nil, _ context: some PageRequestContext
    ) async throws -> Response {
        var response = try failure.map { try context.render(page, failure: $0) } ?? context.render(page)
        if let next = page.form.next, let client = try await authorizations.policySource(of: next) {
            response.headers[.contentSecurityPolicy] = HTTPFields.contentSecurityPolicy(submittingTo: client)
        }
        return response
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
            return try await render(page, failure: .wrongCredentials, context)
        }
        var response = Response.redirect(to: (next ?? .account).text)
        response.headers.append(contentsOf: try cookies.signingIn(session, cookie, at: context.page.now))
        let device = try await authenticator.clients.renewCookie(
            context.page.device, of: account.id, at: context.page.now)
        response.headers.append(cookies.setting(device))
        return response
    }
}
