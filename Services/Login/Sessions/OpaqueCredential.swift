import JWT
import Libcrypto

/// A secret of 256 random bits that a client holds. Clients see it in base64url; only its hash is stored.
///
/// A single SHA-256 suffices as the hash. Passwords need scrypt because they can be guessed; 256 random bits cannot.
protocol OpaqueCredential: Sendable, CustomStringConvertible {
    /// The 32 random bytes.
    var bytes: [UInt8] { get }

    /// - Parameter bytes: 32 bytes that nobody can guess.
    init(bytes: [UInt8])
}

/// A secret that a client holds for a session.
protocol SessionCredential: OpaqueCredential {
    /// The table with the hashes of these secrets, in the columns `hash` and `session_id`.
    static var table: String { get }
}

/// The size of a credential, in bytes.
private let credentialBytes = 32
/// The maximum size of a credential in base64url, in bytes.
private let maximumTextBytes = 64

extension OpaqueCredential {
    /// Creates a secret. It gives no access until it is stored.
    init() {
        self.init(bytes: randomBytes(credentialBytes))
    }

    /// Reads the text that a client sent. Nil when no secret has this form.
    init?(_ text: String) {
        guard text.utf8.count <= maximumTextBytes, let bytes = Base64URL.decode(text), bytes.count == credentialBytes
        else { return nil }
        self.init(bytes: bytes)
    }

    /// The secret in base64url.
    var text: String { Base64URL.encode(bytes) }

    /// The SHA-256 of the secret.
    var hash: [UInt8] { sha256(bytes) }

    /// The HMAC-SHA-256 of `message`, with the secret as the key.
    func authenticationCode(for message: [UInt8]) -> [UInt8] {
        HMACKey(.sha256, secret: bytes).code(for: message.span)
    }

    /// The name of the type: the secret must not reach a log.
    var description: String { "\(Self.self)" }
}
