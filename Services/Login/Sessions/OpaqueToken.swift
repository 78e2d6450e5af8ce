import JWT
import Libcrypto

/// 256 random bits that stand for a session, written in base64url. Only their hash is stored.
///
/// A plain SHA-256 suffices where a password needs scrypt: there is no guessing 256 random bits.
struct OpaqueToken: Sendable {
    private static let byteCount = 32
    private static let maxTextBytes = 64

    let bytes: [UInt8]

    /// A new secret.
    init() {
        self.init(bytes: randomBytes(Self.byteCount))
    }

    /// Reads what a client sent. Nil when no secret looks like it.
    init?(_ text: String) {
        guard text.utf8.count <= Self.maxTextBytes, let bytes = Base64URL.decode(text), bytes.count == Self.byteCount
        else { return nil }
        self.init(bytes: bytes)
    }

    /// - Parameter bytes: 32 bytes that nobody can guess.
    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    var text: String { Base64URL.encode(bytes) }
    var hash: [UInt8] { sha256(bytes) }

    /// HMAC-SHA-256 of `message` with this secret as the key.
    func code(for message: [UInt8]) -> [UInt8] {
        HMACKey(.sha256, secret: bytes).code(for: message.span)
    }
}

extension OpaqueToken: CustomStringConvertible {
    /// Shows nothing of the secret.
    var description: String { "OpaqueToken" }
}
