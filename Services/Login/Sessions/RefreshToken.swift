import JWT
import Libcrypto

/// A refresh token: 256 random bits in base64url. Only its hash is stored.
///
/// A plain SHA-256 suffices where a password needs scrypt: there is no guessing 256 random bits.
struct RefreshToken: Sendable {
    private static let bytes = 32

    let text: String
    let hash: [UInt8]
    private let secret: [UInt8]

    /// A new token, the first of its family.
    init() {
        self.init(bytes: randomBytes(Self.bytes))
    }

    /// Reads what a client sent. Nil when no refresh token looks like it.
    init?(_ text: String) {
        guard text.utf8.count <= 64, let bytes = Base64URL.decode(text), bytes.count == Self.bytes else { return nil }
        self.init(bytes: bytes)
    }

    private init(bytes: [UInt8]) {
        text = Base64URL.encode(bytes)
        hash = sha256(bytes)
        secret = bytes
    }

    /// The token that follows this one in its family: HMAC-SHA-256 of `salt`, with this token as the key.
    ///
    /// A repeated use must give the same successor, from any process on the database, although no token is stored. So the
    /// first use stores a random salt, and a repetition derives from it again.
    ///
    /// - Who reads the database has salts and hashes, and without a token of the family neither gives a token.
    /// - Who has an old token cannot go on from it alone, as each step takes a salt that only login knows.
    /// - Who has both gets no further than the salts do: they are erased with the first rotation after the time in which a
    ///   use may be repeated, so it takes the last token but one.
    func successor(salt: [UInt8]) -> RefreshToken {
        RefreshToken(bytes: HMACKey(.sha256, secret: secret).code(for: salt.span))
    }

    /// A salt for `successor`.
    static func newSalt() -> [UInt8] {
        randomBytes(bytes)
    }
}
