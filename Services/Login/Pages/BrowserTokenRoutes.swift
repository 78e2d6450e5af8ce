import Foundation
import HTTPTypes
import Hummingbird
import JWTAuth
import Metrics
import ServiceRuntime

/// `POST /session/token`: an access token for the session of a browser, that is, of its cookie.
///
/// Nothing rotates, so windows that ask at once get a token each. The answer is for pages of this origin and of those that
/// the service allows, which the browser names in `Origin`.
struct BrowserTokenRoutes: Sendable {
    let sessions: SessionStore
    let tokens: AccessTokenIssuer
    let cookies: BrowserCookies
    let origins: Set<String>
    let clock: WallClock

    static let path = "/session/token"

    func add(to router: Router<AppRequestContext>) {
        router.post(RouterPath(Self.path), use: token)
    }

    /// The token, or, where it travels as a cookie, all but the token: then no script ever has it.
    private struct Answer: ResponseEncodable {
        let access_token: String?
        let token_type: String
        let expires_in: Int
        let scope: String
        let account_id: String
        let username: String
    }

    private func token(_ request: Request, _ context: AppRequestContext) async throws -> EditedResponse<Answer> {
        guard let key = cookies.key(of: request) else { throw Problem.signedOut }
        guard let origin = request.headers[.origin],
            origins.contains(origin) || request.isOwn(origin, issuer: tokens.issuer, isSecure: cookies.isSecure)
        else { throw Problem.foreignPage }
        let (now, wanted) = (clock.now(), try Self.life(of: request))
        guard let session = try await sessions.renew(key, at: now) else { throw Problem.signedOut }
        let token = try tokens.issue(for: session, scope: session.scope, atMost: wanted, at: now)
        let life = tokens.life(for: session, atMost: wanted, at: now)
        Counter(label: "login_tokens_issued_total", dimensions: [("grant", "browser")]).increment()
        var headers = HTTPFields.notStored
        if cookies.carriesAccessToken { headers.append(cookies.setting(accessToken: token, seconds: life)) }
        return EditedResponse(
            headers: headers,
            response: Answer(
                access_token: cookies.carriesAccessToken ? nil : token,
                token_type: cookies.carriesAccessToken ? "Cookie" : "Bearer", expires_in: life,
                scope: session.scope.text, account_id: session.accountID.lowercase, username: session.username))
    }
}

extension BrowserTokenRoutes {
    /// `?life=`: for how many seconds the token is wanted at most, for who wants to see one end.
    private static func life(of request: Request) throws -> Int {
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
