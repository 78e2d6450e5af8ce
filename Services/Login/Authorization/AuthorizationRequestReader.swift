import ServiceRuntime

/// Reads authorization requests and finds their clients.
struct AuthorizationRequestReader: Sendable {
    /// The path of the authorization endpoint.
    static let path = "/authorize"

    let clients: ClientStore
    let services: ServiceDirectory
    let issuer: String

    /// The client and the redirect URI that a request names. Nil when one of them is unknown: then nothing may be sent to
    /// that address.
    func target(of parameters: AuthorizationParameters) async throws -> AuthorizationTarget? {
        guard let id = parameters.value(of: "client_id"), let uri = parameters.value(of: "redirect_uri"),
            let client = try await clients.find(id), let redirectURI = client.redirectURI(uri)
        else { return nil }
        return AuthorizationTarget(
            client: client, redirectURI: redirectURI, state: parameters.value(of: "state"), issuer: issuer)
    }

    /// The client to which a path of this service leads, as a source of a policy; nil when it leads to none.
    ///
    /// Browsers apply `form-action` to the redirects of a form. So each page whose form may lead to the client names it.
    func policySource(of path: String) async throws -> String? {
        let parts = path.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0] == Self.path else { return nil }
        return try await target(of: AuthorizationParameters(query: String(parts[1])))?.redirectURI.policySource
    }
}
