import JWT
import Libcrypto

/// By what a browser is known: 256 random bits in a cookie, which stay what they are until someone signs in.
///
/// Every visitor has one, so that the form to sign in is protected like all others. It is nobody's until it is stored with a
/// session; and as a sign-in makes a new one, a key that somebody else has planted in the browser opens nothing.
struct SessionCookie: SessionCredential {
    static let table = "browser_keys"

    let secret: OpaqueToken

    /// What every form of this browser carries: derived from the key, so there is nothing to store, and of no use to who
    /// wants to know the key.
    var csrfToken: String {
        Base64URL.encode(secret.code(for: Array("form".utf8)))
    }

    /// Whether a form was made for this browser.
    func made(_ csrfToken: String) -> Bool {
        equalInConstantTime(Array(csrfToken.utf8), Array(self.csrfToken.utf8))
    }
}
