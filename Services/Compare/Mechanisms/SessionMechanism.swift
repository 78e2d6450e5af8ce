import HTTPTypes
import Hummingbird
import ServiceRuntime

/// The cookie that a browser has after a sign-in on login's pages. Login looks up its session for each request.
///
/// A browser sends the cookie with the requests of every page, so methods that change something need a defence against
/// forged requests (CSRF).
struct SessionMechanism: LoginMechanism {
    static let path = "session"

    let login: LoginClient
    let cookieName: String
    /// The origins whose pages may send unsafe methods; nil to defend against nothing, for a demonstration.
    let allowedOrigins: Set<String>?

    func account(of request: Request, from peerAddress: String?) async throws -> String {
        guard let cookie = request.cookies[cookieName]?.value, !cookie.isEmpty else { throw Problem.signedOut }
        try requireAllowedOrigin(request)
        switch try await login.introspect(cookie, as: .session) {
        case .account(let account): return account
        case .unknown: throw Problem.signedOut
        }
    }

    private func requireAllowedOrigin(_ request: Request) throws(Problem) {
        let isSafe = [.get, .head, .options].contains(request.method)
        guard let allowedOrigins, !isSafe else { return }
        guard request.headers[.origin].map(allowedOrigins.contains) == true else { throw .foreignOrigin }
    }
}

extension Problem {
    /// 401 without a challenge, because no scheme of HTTP signs a browser in.
    fileprivate static let signedOut = Problem(
        .unauthorized, code: "signed_out", detail: "Nobody is signed in in this browser. Sign in on login's page.")

    fileprivate static let foreignOrigin = Problem(
        .forbidden, code: "foreign_origin",
        detail: "With a cookie, this method requires an Origin that the service allows.")
}
