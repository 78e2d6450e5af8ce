import Foundation
import HTTPTypes
import Hummingbird
import ServiceRuntime

/// The pages under `/account/api-tokens`, which create and delete API tokens.
struct APITokenPages: Sendable {
    let apiTokens: APITokenStore

    private static let title = "New API token"

    func add(to routes: PageRouterGroups) {
        routes.signedInPages.get("account/api-tokens/new", use: showForm)
        routes.signedInForms
            .post("account/api-tokens/new", use: create)
            .post("account/api-tokens/delete", use: delete)
    }

    private func showForm(_ request: Request, _ context: SignedInPageContext) throws -> Response {
        try context.render("new-api-token", title: Self.title, APITokenFormModel(scope: context.session.scope))
    }

    /// Creates a token and shows its secret on the page that responds. No later page can show it.
    private func create(_ request: Request, _ context: SignedInFormContext) async throws -> Response {
        let session = context.session
        let form = APITokenFormModel(scope: session.scope, submitted: context.form)
        let (name, scope) = (
            context.form["name"], APITokenFormModel.chosenScope(of: context.form, from: session.scope)
        )
        guard APIToken.isName(name) else {
            return try reject(form.showing(nameError: "Name \(APIToken.nameRule)."), context)
        }
        guard !scope.names.isEmpty else {
            return try reject(form.showing(formError: "Choose at least one thing that the token allows."), context)
        }
        let result = try await apiTokens.create(
            name, scope: scope, lifetimeSeconds: APITokenFormModel.lifetimeSeconds(of: context.form), in: session,
            at: context.page.now)
        switch result {
        case .created(let token, let secret):
            return try context.render(
                "api-token", title: "Your API token", CreatedModel(token, secret), status: .created)
        case .tooMany: throw Problem.tooManyAPITokens
        case .sessionOver: throw SignInRequired()
        }
    }

    private func reject(_ form: APITokenFormModel, _ context: SignedInFormContext) throws -> Response {
        try context.render("new-api-token", title: Self.title, form, status: .unprocessableContent)
    }

    private func delete(_ request: Request, _ context: SignedInFormContext) async throws -> Response {
        guard let id = UUID(text: context.form["api_token"]),
            try await apiTokens.delete(id, of: context.session.accountID)
        else { throw Problem.notFound("The API token is deleted already, or it is not yours.") }
        return .redirect(to: "/account", showing: .apiTokenDeleted)
    }

    /// The values of the template `api-token`.
    private struct CreatedModel: Sendable {
        let name, secret, scope: String
        let expires: Timestamp?

        init(_ token: APIToken, _ secret: APITokenSecret) {
            name = token.name
            self.secret = secret.text
            scope = token.scope.names.joined(separator: ", ")
            expires = token.expiresAt.map(Timestamp.init)
        }
    }
}
