// Authorization: the authorization endpoint, on which a person lets a registered client use the account (RFC 6749 §4.1,
// with PKCE, RFC 7636). This is a separate folder because it joins the pages with the clients: it needs a browser session
// and begins sessions of clients.

import HTTPTypes
import Hummingbird
import ServiceRuntime

/// The page `/authorize`: asks a person whether a client may use the account, and redirects to the client with a code or
/// an error.
///
/// The form of the page goes to the same address, so `POST` reads and checks the request in the same way as `GET`.
struct AuthorizationPages: Sendable {
    let requests: AuthorizationRequestReader
    let consents: ConsentStore

    func add(to routes: PageRouterGroups) {
        let path = RouterPath(AuthorizationRequestReader.path)
        routes.pages.get(path, use: ask)
        routes.forms.post(path, use: decide)
    }

    /// Redirects to the client at once if the person has allowed the request before; otherwise shows the page.
    private func ask(_ request: Request, _ context: PageContext) async throws -> Response {
        try await respond(to: request, context) { authorization, scope, session in
            let isCovered = try await consents.covers(authorization, scope: scope, of: session.accountID)
            if isCovered, authorization.prompt != .always,
                let code = try await consents.issueCode(for: authorization, scope: scope, by: session, at: context.now)
            {
                return authorization.target.response(code)
            }
            guard authorization.prompt != .never else {
                throw OAuthError(.consentRequired, "The person must be asked.")
            }
            let client = authorization.target.client
            var response = try context.render(
                "consent", title: "Allow \(client.name.text)?",
                ConsentModel(authorization, scope: scope, action: request.uri.string))
            response.headers[.contentSecurityPolicy] = HTTPFields.contentSecurityPolicy(
                submittingTo: authorization.target.redirectURI.policySource)
            return response
        }
    }

    /// Redirects to the client with the decision of the person.
    private func decide(_ request: Request, _ context: FormContext) async throws -> Response {
        do {
            return try await respond(to: request, context) { authorization, scope, session in
                switch context.form["decision"] {
                case "allow":
                    let code = try await consents.allow(authorization, scope: scope, by: session, at: context.page.now)
                    guard let code else { throw OAuthError(.accessDenied, "The account or the client was removed.") }
                    return authorization.target.response(code)
                case "deny": throw OAuthError(.accessDenied, "The person denies the request.")
                default: throw Problem.badRequest("Choose Allow or Deny.")
                }
            }
        } catch is SignInRequired {
            // The page asks again after the sign-in.
            return .redirect(to: request.uri.string)
        }
    }

    /// Reads the request and calls `body` with the scope that the account has of it.
    ///
    /// - Throws: `Problem` with 400 when the client or its redirect URI is unknown; `SignInRequired`; the errors of `body`
    ///   that are no `OAuthError`. The client learns the latter.
    private func respond(
        to request: Request, _ context: some PageRequestContext,
        _ body: (AuthorizationRequest, Scope, Session) async throws -> Response
    ) async throws -> Response {
        let parameters = AuthorizationParameters(query: request.uri.query)
        guard let target = try await requests.target(of: parameters) else { throw Problem.unknownClient }
        do {
            let authorization = try AuthorizationRequest(parameters, for: target, services: requests.services)
            guard let session = context.page.session else {
                guard authorization.prompt != .never else {
                    throw OAuthError(.loginRequired, "Nobody is signed in in this browser.")
                }
                throw SignInRequired()
            }
            return try await body(authorization, authorization.scope(within: session.scope), session)
        } catch let error as OAuthError {
            return target.response(error)
        }
    }
}

extension Problem {
    /// 400: the response must not go to the address in the request, because it may be that of an attacker.
    fileprivate static let unknownClient = Problem(
        .badRequest, code: "invalid_client",
        detail: """
            The app that sent you here is not registered, or asks to return to an address that is not registered for it. Go \
            back to the app, and tell its makers if this happens again.
            """)
}
