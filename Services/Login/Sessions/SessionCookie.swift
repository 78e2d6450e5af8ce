import JWT
import Libcrypto

/// The cookie by which login recognizes a browser. It stays the same until somebody signs in.
///
/// Every visitor gets one, so the sign-in form has the same protection as all other forms. The cookie gives no access
/// until it is stored with a session. Each sign-in creates another cookie, so a cookie that an attacker planted in the
/// browser never gives access.
struct SessionCookie: SessionCredential {
    static let table = "browser_keys"

    let bytes: [UInt8]

    /// The token that every form of this browser carries against forged requests. It is derived from the cookie without
    /// revealing it, so it need not be stored.
    var csrfToken: String {
        Base64URL.encode(authenticationCode(for: Array("form".utf8)))
    }

    /// Whether `csrfToken` belongs to this browser.
    func made(_ csrfToken: String) -> Bool {
        equalInConstantTime(Array(csrfToken.utf8), Array(self.csrfToken.utf8))
    }
}
