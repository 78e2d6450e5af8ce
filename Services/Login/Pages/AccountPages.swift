import Foundation
import HTTPTypes
import Hummingbird
import JWTAuth
import ServiceRuntime

/// The pages under `/account`: the account, its sessions, and the forms that change them.
struct AccountPages: Sendable {
    let service: AccountService
    let sessions: SessionStore
    let apiTokens: APITokenStore
    let consents: ConsentStore
    let cookies: BrowserCookies

    private static let maximumSessions = 50
    private static let deletionPage = FormPage("delete", title: "Delete account", [.password()])

    private var passwordPage: FormPage {
        FormPage(
            "password", title: "Change password",
            [
                .password("current_password", "Current password"),
                .newPassword("new_password", "New password", minimumLength: service.minimumPasswordLength),
            ])
    }

    func add(to routes: PageRouterGroups) {
        // Password managers look for the page at this path (W3C, A Well-Known URL for Changing Passwords).
        routes.pages.get(".well-known/change-password") { _, _ in Response.redirect(to: "/account/password") }
        routes.signedInPages
            .get("account", use: showAccount)
            .get("account/password") { _, context in try context.render(passwordPage) }
            .get("account/delete") { _, context in try context.render(Self.deletionPage) }
        routes.forms.post("account/sign-out", use: signOut)
        routes.signedInForms
            .post("account/sign-out-everywhere", use: signOutEverywhere)
            .post("account/sessions/end", use: endSession)
            .post("account/password", use: changePassword)
            .post("account/delete", use: deleteAccount)
    }

    private func showAccount(_ request: Request, _ context: SignedInPageContext) async throws -> Response {
        let mine = context.session
        let after = request.uri.queryParameters["after"].flatMap { UUID(text: $0) }
        let page = PageRequest(limit: Self.maximumSessions, after: after)
        let found = try await sessions.list(of: mine.accountID, page, at: context.page.now)
        let tokens = try await apiTokens.list(of: mine.accountID, at: context.page.now)
        let apps = try await consents.apps(of: mine.accountID)
        return try context.render(
            "account", title: "My account", AccountModel(mine, found, limit: Self.maximumSessions, tokens, apps))
    }

    /// Signs the browser out. This also succeeds for a browser that is signed out already.
    private func signOut(_ request: Request, _ context: FormContext) async throws -> Response {
        if let session = context.page.session { try await sessions.end(session.id, at: context.page.now) }
        return signedOut(showing: .signedOut)
    }

    private func signOutEverywhere(_ request: Request, _ context: SignedInFormContext) async throws -> Response {
        try await sessions.endAll(of: context.session.accountID, at: context.page.now)
        return signedOut(showing: .signedOutEverywhere)
    }

    private func endSession(_ request: Request, _ context: SignedInFormContext) async throws -> Response {
        let mine = context.session
        guard let id = UUID(text: context.form["session"]),
            try await sessions.end(id, of: mine.accountID, at: context.page.now)
        else { throw Problem.notFound("The session has ended already, or it is not yours.") }
        return id == mine.id ? signedOut(showing: .signedOut) : .redirect(to: "/account", showing: .sessionEnded)
    }

    private func changePassword(_ request: Request, _ context: SignedInFormContext) async throws -> Response {
        let result = try await service.changePassword(
            of: context.session, from: context.form["current_password"], to: context.form["new_password"],
            address: context.page.network, device: context.page.device)
        return try response(
            to: result, .passwordChanged, passwordPage, passwordField: "current_password", context)
    }

    private func deleteAccount(_ request: Request, _ context: SignedInFormContext) async throws -> Response {
        let result = try await service.delete(
            accountOf: context.session, password: context.form["password"], address: context.page.network,
            device: context.page.device)
        return try response(to: result, .accountDeleted, Self.deletionPage, passwordField: "password", context)
    }

    private func response(
        to result: AccountChangeResult, _ notice: Notice, _ page: FormPage, passwordField: String,
        _ context: SignedInFormContext
    ) throws -> Response {
        switch result {
        case .done: signedOut(showing: notice)
        case .invalid(let errors): try context.render(page, failure: .invalid(errors))
        case .wrongPassword: try context.render(page, failure: .wrongPassword(field: passwordField))
        case .throttled(let seconds): try context.render(page, failure: .throttled(retryAfterSeconds: seconds))
        case .busy: try context.render(page, failure: .busy)
        }
    }

    /// A redirect to the sign-in page, with the header fields that sign the browser out.
    private func signedOut(showing notice: Notice) -> Response {
        var response = Response.redirect(to: "/login", showing: notice)
        response.headers.append(contentsOf: cookies.signingOut())
        return response
    }
}
