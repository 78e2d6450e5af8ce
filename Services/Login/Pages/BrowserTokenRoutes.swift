import Foundation
import HTTPTypes
import Hummingbird
import JWTAuth
import Metrics
import ServiceRuntime

/// `POST /session/token`: issues an access token for the session of a browser, which the cookie identifies.
///
/// The cookie stays the same, so windows that request tokens at the same time each get one. Only pages of this origin
/// and of the allowed origins get a token. The browser names the origin of the page in `Origin`.
struct BrowserTokenRoutes: Sendable {
    let sessions: SessionStore
    let cookies: BrowserCookies
    /// The other origins whose pages may request a token.
    let origins: Set<String>
    let clock: WallClock

    static let path = "/session/token"

    func add(to router: Router<AppRequestContext>) {
        router.post(RouterPath(Self.path), use: token)
    }

    /// The access token with its data. When a cookie carries the token, the body leaves it out, so no script can read
    /// it.
    private struct BrowserTokenResponse: ResponseEncodable {
        let access_token: String?
        let token_type: String
        let expires_in: Int
        let scope: String
        let account_id: String
        let username: String
    }

    private func token(
        _ request: Request, _ context: AppRequestContext
    ) async throws -> EditedResponse<BrowserTokenResponse> {
        guard let cookie = cookies.sessionCookie(of: request) else { throw Problem.signedOut }
        guard let origin = request.headers[.origin],
            origins.contains(origin) || cookies.origin.matches(origin, for: request)
        else { throw Problem.foreignPage }
        let (now, requested) = (clock.now(), try Self.requestedSeconds(of: request))
        let client = ClientInfo(userAgent: request.headers[.userAgent], address: context.peerAddress)
        guard let session = try await sessions.renew(cookie, from: client, at: now) else { throw Problem.signedOut }
        let token = try cookies.tokens.issue(for: session, scope: session.scope, maximumSeconds: requested, at: now)
        Counter(label: "login_tokens_issued_total", dimensions: [("grant", "browser")]).increment()
        var headers = HTTPFields.notStored
        if cookies.carriesAccessToken {
            headers.append(cookies.setting(accessToken: token.text, seconds: token.lifetimeSeconds))
        }
        return EditedResponse(
            headers: headers,
            response: BrowserTokenResponse(
                access_token: cookies.carriesAccessToken ? nil : token.text,
                token_type: cookies.carriesAccessToken ? "Cookie" : "Bearer", expires_in: token.lifetimeSeconds,
                scope: session.scope.text, account_id: session.accountID.lowercase, username: session.username))
    }
}

extension BrowserTokenRoutes {
    /// The query parameter `life`: the longest lifetime of the token that the page wants, in seconds.
    private static func requestedSeconds(of request: Request) throws -> Int {
        guard let text = request.uri.queryParameters["life"] else { return .max }
        guard let seconds = Int(text), seconds > 0 else {
            throw Problem.unprocessable([.init("life", "must be a whole number of seconds, at least 1")])
        }
        return seconds
    }
}

extension Problem {
    fileprivate static let foreignPage = Problem(
        .forbidden, code: "foreign_origin", detail: "Only pages of an origin that is allowed get a token.")

    fileprivate static let signedOut = Problem(
        .unauthorized, code: "signed_out", detail: "Nobody is signed in in this browser.",
        headers: [.wwwAuthenticate: "Bearer realm=\"\(Login.name)\""])
}
