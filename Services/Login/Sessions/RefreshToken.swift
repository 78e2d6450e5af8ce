import Libcrypto

/// A refresh token, with which a client renews its session (RFC 6749 §1.5).
struct RefreshToken: SessionCredential {
    static let table = "refresh_tokens"
    private static let saltBytes = 32

    let bytes: [UInt8]

    /// The next token of the session: HMAC-SHA-256 of `salt`, with this token as the key.
    ///
    /// A repeated use must give the same next token from every process on the database, although no token is stored.
    /// The first use therefore stores a random salt, and a repeated use derives the next token from it again.
    ///
    /// - A reader of the database has salts and hashes. Without a token of the session, no token can be derived from
    ///   them.
    /// - A holder of an old token cannot derive the next one, because each step needs a salt that only login knows.
    /// - A person who has an old token and reads the database can derive tokens only where salts are stored. Each
    ///   rotation erases the salts that are too old for a repeated use. That person therefore needs the last token or
    ///   the one before it.
    func successor(salt: [UInt8]) -> RefreshToken {
        RefreshToken(bytes: authenticationCode(for: salt))
    }

    /// A salt for `successor`.
    static func newSalt() -> [UInt8] {
        randomBytes(saltBytes)
    }
}
