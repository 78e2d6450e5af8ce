import JWT
import Libcrypto

/// A refresh token: 256 random bits in base64url. Only its hash is stored.
///
/// A plain SHA-256 suffices where a password needs scrypt: there is no guessing 256 random bits.
struct RefreshToken: Sendable {
    private static let bytes = 32

    let text: String
    let hash: [UInt8]

    /// A new token.
    init() {
        let bytes = randomBytes(Self.bytes)
        text = Base64URL.encode(bytes)
        hash = sha256(bytes)
    }

    /// Reads what a client sent. Nil when no refresh token looks like it.
    init?(_ text: String) {
        guard text.utf8.count <= 64, let bytes = Base64URL.decode(text), bytes.count == Self.bytes else { return nil }
        self.text = text
        hash = sha256(bytes)
    }
}
