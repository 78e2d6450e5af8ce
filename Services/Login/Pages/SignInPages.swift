import HTTPTypes
import Hummingbird
import JWTAuth
import ServiceRuntime

/// The pages `/`, `/login` and `/signup`, for who is not signed in.
struct SignInPages: Sendable {
    let desk: PageDesk
    let authenticator: Authenticator
    let registrar: Registrar

    private static let signIn = (template: "login", title: "Sign in")
    private static let signUp = (template: "signup", title: "Sign up")
    private static let nameHint = "3 to 32 of a–z, 0–9, dot, hyphen and underscore."

    func add(to router: Router<DoorContext>) {
        router
            .get("/", use: desk.page { _ in .page("home", "One pass, every door", "") })
            .get("login", use: desk.page(showSignIn))
            .post("login", use: desk.form(signIn))
            .get("signup", use: desk.page(showSignUp))
    }

    /// `POST /signup`, when it is a form.
    var signUpForm: PageDesk.Handler { desk.form(signUp) }

    private func showSignIn(_ visit: Visit) -> Reply {
        let next = visit.query["next"].flatMap { LocalPath($0) }
        if visit.session != nil { return .goOn(to: (next ?? .account).text) }
        let form = FormScreen([.username(""), .password()], next: next)
        return .page(Self.signIn.template, Self.signIn.title, form)
    }

    private func signIn(_ visit: Visit, _ form: Form) async throws -> Reply {
        let (name, next) = (form["username"], LocalPath(form["next"]))
        do {
            let account = try await account(name: name, password: form["password"], visit)
            return try await begin(account, next, visit)
        } catch let problem as Problem {
            var screen = FormScreen([.username(name), .password()], next: next)
            screen.note(problem)
            return .refused(Self.signIn.template, Self.signIn.title, screen, for: problem)
        }
    }

    private func showSignUp(_ visit: Visit) -> Reply {
        let next = visit.query["next"].flatMap { LocalPath($0) }
        if visit.session != nil { return .goOn(to: (next ?? .account).text) }
        return .page(Self.signUp.template, Self.signUp.title, signUpScreen(name: "", next))
    }

    private func signUp(_ visit: Visit, _ form: Form) async throws -> Reply {
        let (name, next) = (form["username"], LocalPath(form["next"]))
        do {
            let account = try await registrar.register(username: name, password: form["password"])
            return try await begin(account, next, visit)
        } catch {
            guard let problem = error as? Problem ?? (error as? PasswordHasher.Busy)?.problem else { throw error }
            var screen = signUpScreen(name: name, next)
            screen.note(problem)
            return .refused(Self.signUp.template, Self.signUp.title, screen, for: problem)
        }
    }

    private func signUpScreen(name: String, _ next: LocalPath?) -> FormScreen {
        FormScreen([.username(name, hint: Self.nameHint), .newPassword()], next: next)
    }

    /// Begins a session of the account in this browser, and goes on.
    private func begin(_ account: Account, _ next: LocalPath?, _ visit: Visit) async throws -> Reply {
        let begun = try await desk.sessions.beginInBrowser(
            account, audience: desk.tokens.audiences, from: visit.place, former: visit.key, at: visit.now)
        guard let begun else { throw Problem.wrongCredentials }
        var reply = Reply.goOn(to: (next ?? .account).text)
        reply.begun = begun
        return reply
    }

    /// The account that a name and a password open.
    ///
    /// - Throws: `Problem` that the form shows, or errors of the database.
    private func account(name: String, password: String, _ visit: Visit) async throws -> Account {
        do {
            return try await authenticator.account(
                name: name, password: password, from: visit.network, logger: visit.logger)
        } catch is Authenticator.WrongCredentials {
            throw Problem.wrongCredentials
        } catch let error as LoginThrottle.Throttled {
            throw error.problem
        } catch let error as PasswordHasher.Busy {
            throw error.problem
        }
    }
}

extension Problem {
    /// 422: whether the name is unknown or the password wrong makes no difference.
    fileprivate static let wrongCredentials = Problem(
        .unprocessableContent, code: "wrong_credentials", detail: "The name or the password is wrong.")
}
