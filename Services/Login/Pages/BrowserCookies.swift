import Foundation
import HTTPTypes
import Hummingbird

/// The cookies that login gives to browsers: no script can read them, and other sites' requests do not carry them, except
/// when one follows a link.
struct BrowserCookies: Sendable {
    /// Whether the cookies are for encrypted connections alone: everywhere but on plain-http localhost.
    let isSecure: Bool
    /// Whether the access token travels as a cookie as well.
    let carriesAccessToken: Bool

    private static let accessTokenName = "access_token"

    /// - Parameter issuer: The address under which browsers reach login.
    init(issuer: String, carriesAccessToken: Bool) {
        let hosts = ["localhost", "127.0.0.1", "[::1]"].map { "http://\($0)" }
        isSecure = !hosts.contains { issuer == $0 || issuer.hasPrefix("\($0):") || issuer.hasPrefix("\($0)/") }
        self.carriesAccessToken = carriesAccessToken
    }

    /// The prefix binds the cookie to this host and to encrypted connections, so that a neighbour cannot plant one.
    private var keyName: String { isSecure ? "__Host-hallpass" : "hallpass" }

    /// The key that a browser sent, if it is one.
    func key(of request: Request) -> SessionCookie? {
        request.cookies[keyName].flatMap { SessionCookie($0.value) }
    }

    /// Lets the browser keep a key, for `seconds` or until it is closed.
    func setting(_ key: SessionCookie, seconds: Int? = nil) -> HTTPField {
        field(keyName, key.text, seconds: seconds)
    }

    /// Lets the browser keep an access token.
    func setting(accessToken: String, seconds: Int) -> HTTPField {
        field(Self.accessTokenName, accessToken, seconds: seconds)
    }

    /// Makes the browser forget the access token.
    var clearingAccessToken: HTTPField { field(Self.accessTokenName, "", seconds: 0) }

    private func field(_ name: String, _ value: String, seconds: Int?) -> HTTPField {
        let cookie = Cookie(
            name: name, value: value, maxAge: seconds, path: "/", secure: isSecure, httpOnly: true, sameSite: .lax)
        return HTTPField(name: .setCookie, value: cookie.description)
    }
}
