import Libcrypto
import ServiceRuntime

/// The secret of an API token: 160 random bits, which clients see as 40 lower-case hexadecimal digits. Only its hash is
/// stored.
///
/// The database finds a token by the hash. The time of that search depends on hashes only, so it reveals nothing about
/// the secrets. A single SHA-256 suffices, because 160 random bits cannot be guessed.
struct APITokenSecret: Sendable {
    private static let byteCount = 20

    private let bytes: [UInt8]

    /// Creates a secret.
    init() {
        bytes = randomBytes(Self.byteCount)
    }

    /// Reads the text that a client sent. Nil when no secret has this form.
    init?(_ text: String) {
        let digits = Array(text.utf8)
        guard digits.count == 2 * Self.byteCount, digits.allSatisfy(\.isLowercaseHexDigit) else { return nil }
        let values = digits.compactMap(\.hexDigitValue)
        bytes = stride(from: 0, to: values.count, by: 2).map { values[$0] << 4 | values[$0 + 1] }
    }

    /// The secret as 40 lower-case hexadecimal digits.
    var text: String {
        bytes.hexadecimal
    }

    /// The SHA-256 of the secret.
    var hash: [UInt8] { sha256(bytes) }
}

extension APITokenSecret: CustomStringConvertible {
    /// The name of the type: the secret must not reach a log.
    var description: String { "APITokenSecret" }
}
