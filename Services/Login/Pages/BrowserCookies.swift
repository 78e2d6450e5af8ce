import Foundation
import HTTPTypes
import Hummingbird

/// The cookies that login sets in browsers.
///
/// Scripts cannot read them. A request from a page of another site carries them only when a person follows a link.
struct BrowserCookies: Sendable {
    let origin: PublicOrigin
    /// Whether a second cookie carries the access token.
    let carriesAccessToken: Bool
    let tokens: AccessTokenIssuer

    private static let accessTokenName = "access_token"

    /// - Parameter tokens: Issues the access tokens; its issuer is the address under which browsers reach login.
    init(tokens: AccessTokenIssuer, carriesAccessToken: Bool) {
        self.tokens = tokens
        self.carriesAccessToken = carriesAccessToken
        origin = PublicOrigin(issuer: tokens.issuer)
    }

    /// The prefix `__Host-` binds the cookie to this host and to encrypted connections. Other hosts of the domain
    /// cannot set it.
    private var sessionCookieName: String { origin.isSecure ? "__Host-hallpass" : "hallpass" }

    private var deviceCookieName: String { "\(sessionCookieName)-device" }

    /// The device cookie of a request; nil when it is missing or malformed.
    func deviceCookie(of request: Request) -> DeviceCookie? {
        request.cookies[deviceCookieName].flatMap { DeviceCookie($0.value) }
    }

    /// The header field that sets a device cookie. Only forms of login's pages need it, so other sites never send it.
    func setting(_ device: DeviceCookie) -> HTTPField {
        field(deviceCookieName, device.text, seconds: DeviceCookie.lifetimeSeconds, sameSite: .strict)
    }

    /// The session cookie of a request; nil when it is missing or malformed.
    func sessionCookie(of request: Request) -> SessionCookie? {
        request.cookies[sessionCookieName].flatMap { SessionCookie($0.value) }
    }

    /// The header field that sets a session cookie until the browser is closed.
    func setting(_ cookie: SessionCookie) -> HTTPField {
        field(sessionCookieName, cookie.text, seconds: nil)
    }

    /// The header field that sets the cookie with an access token, for `seconds`.
    func setting(accessToken: String, seconds: Int) -> HTTPField {
        field(Self.accessTokenName, accessToken, seconds: seconds)
    }

    /// The header fields that sign a browser in.
    ///
    /// - Throws: An error of signing the access token.
    func signingIn(_ session: Session, _ cookie: SessionCookie, at now: Date) throws -> HTTPFields {
        let seconds = Int(session.expiresAt.timeIntervalSince(now).rounded(.up))
        var fields = HTTPFields([field(sessionCookieName, cookie.text, seconds: seconds)])
        guard carriesAccessToken else { return fields }
        let token = try tokens.issue(for: session, scope: session.scope, at: now)
        fields.append(setting(accessToken: token.text, seconds: token.lifetimeSeconds))
        return fields
    }

    /// The header fields that sign a browser out: a cookie without a session, and an empty access token.
    func signingOut() -> HTTPFields {
        var fields = HTTPFields([setting(SessionCookie())])
        if carriesAccessToken { fields.append(setting(accessToken: "", seconds: 0)) }
        return fields
    }

    private func field(
        _ name: String, _ value: String, seconds: Int?, sameSite: Cookie.SameSite = .lax
    ) -> HTTPField {
        let cookie = Cookie(
            name: name, value: value, maxAge: seconds, path: "/", secure: origin.isSecure, httpOnly: true,
            sameSite: sameSite)
        return HTTPField(name: .setCookie, value: cookie.description)
    }
}
