import JWT
import Libcrypto

/// By what a browser is known: 256 random bits in a cookie, which stay what they are until someone signs in.
///
/// Every visitor has one, so that the form to sign in is protected like all others. It is nobody's until it is stored with a
/// session; and as a sign-in makes a new one, a key that somebody else has planted in the browser opens nothing.
struct BrowserKey: Sendable {
    private let secret: RandomSecret

    var text: String { secret.text }
    var hash: [UInt8] { secret.hash }

    init() {
        secret = RandomSecret()
    }

    /// Reads what a browser sent. Nil when no key looks like it.
    init?(_ text: String) {
        guard let secret = RandomSecret(text) else { return nil }
        self.secret = secret
    }

    /// What every form of this browser carries: derived from the key, so there is nothing to store, and of no use to who
    /// wants to know the key.
    var formToken: String {
        Base64URL.encode(secret.code(for: Array("form".utf8)))
    }

    /// Whether a form was made for this browser.
    func made(_ formToken: String) -> Bool {
        equalInConstantTime(Array(formToken.utf8), Array(self.formToken.utf8))
    }
}
