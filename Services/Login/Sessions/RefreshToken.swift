import Libcrypto

/// A refresh token, with which a client renews its session. Only its hash is stored.
struct RefreshToken: SessionCredential {
    static let table = "refresh_tokens"
    private static let saltBytes = 32

    let secret: OpaqueToken

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
        RefreshToken(secret: OpaqueToken(bytes: secret.code(for: salt)))
    }

    /// A salt for `successor`.
    static func newSalt() -> [UInt8] {
        randomBytes(saltBytes)
    }
}
