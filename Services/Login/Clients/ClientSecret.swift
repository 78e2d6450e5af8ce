import JWT
import Libcrypto

/// The secret of a confidential client: a text of unreserved characters (RFC 3986 §2.3).
struct ClientSecret: Sendable, CustomStringConvertible {
    private static let byteCount = 32
    /// The maximum size of a text that can be a secret, in bytes.
    private static let maximumBytes = 64

    let text: String

    /// Creates a secret of 256 random bits.
    init() {
        text = Base64URL.encode(randomBytes(Self.byteCount))
    }

    init(_ text: String) {
        self.text = text
    }

    /// The SHA-256 of the text, which the database stores. A single hash suffices, because nobody can guess the secret.
    var hash: [UInt8] { sha256(Array(text.utf8)) }

    /// Whether this is the secret with `hash`, in constant time.
    func matches(_ hash: [UInt8]) -> Bool {
        text.utf8.count <= Self.maximumBytes && equalInConstantTime(self.hash, hash)
    }

    /// The name of the type: the secret must not reach a log.
    var description: String { "ClientSecret" }
}
