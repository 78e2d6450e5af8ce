import HTTPTypes
import Hummingbird
import ServiceRuntime

/// The client of an authorization request and the address for the response. Both are registered, so a browser may be sent
/// there.
struct AuthorizationTarget: Sendable {
    let client: Client
    let redirectURI: RedirectURI
    /// The parameter that the client recognizes its request by.
    let state: String?
    /// The issuer, by which the client recognizes the server (RFC 9207).
    let issuer: String

    /// The redirect to the client with a code (RFC 6749 §4.1.2).
    func response(_ code: AuthorizationCode) -> Response {
        response([("code", code.text)])
    }

    /// The redirect to the client with an error (RFC 6749 §4.1.2.1).
    func response(_ error: OAuthError) -> Response {
        response([("error", error.code.text), ("error_description", error.sentence)])
    }

    /// 303, because the browser must not repeat a form at the client (RFC 9700 §4.12). The client must not see the
    /// address of the page that the browser comes from.
    private func response(_ parameters: [(name: String, value: String)]) -> Response {
        let state = state.map { [("state", $0)] } ?? []
        let location = redirectURI.adding(parameters + state + [("iss", issuer)])
        return Response(
            status: .seeOther,
            headers: [.location: location, .cacheControl: "no-store", .referrerPolicy: "no-referrer"])
    }
}
