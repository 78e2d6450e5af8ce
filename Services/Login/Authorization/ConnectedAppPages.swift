import Hummingbird
import ServiceRuntime

/// The form with which a person disconnects a client, on the account page.
struct ConnectedAppPages: Sendable {
    let consents: ConsentStore

    func add(to routes: PageRouterGroups) {
        routes.signedInForms.post("account/apps/disconnect", use: disconnect)
    }

    private func disconnect(_ request: Request, _ context: SignedInFormContext) async throws -> Response {
        let isRemoved = try await consents.remove(
            client: context.form["app"], of: context.session.accountID, at: context.page.now)
        guard isRemoved else { throw Problem.notFound("The app is disconnected already.") }
        return .redirect(to: "/account", showing: .appDisconnected)
    }
}
