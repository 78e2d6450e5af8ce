import Libcrypto

/// A key with the HMAC state after the usual beginning of its tokens. This beginning is the header that this module
/// writes, and the claim `iss`, which it writes first.
///
/// HMAC hashes blocks of 64 or 128 bytes in order, so the initializer hashes the blocks that all tokens share. A token
/// with another beginning is hashed from its first byte.
final class PreparedKey: Sendable {
    private let key: HMACKey
    /// The bytes that are already hashed: a whole number of blocks, possibly zero.
    private let beginning: [UInt8]
    private let keyAfterBeginning: HMACKey

    /// Prepares a key for tokens of one type and, if given, of one issuer.
    init(_ key: Key, type: String, issuer: String? = nil) {
        // The last character of base64url is left out when it also depends on the next byte of the payload.
        let claims = JSONValue.object([.init("iss", .string(issuer ?? ""))]).text.utf8.dropLast(issuer == nil ? 2 : 1)
        let payload = Base64URL.encode(Array(claims)).utf8.prefix(claims.count * 4 / 3)
        let text = Header.encoded(for: key, type: type) + payload
        let block = key.algorithm.function.blockByteCount
        let beginning = Array(text.prefix(text.count / block * block))
        self.key = key.hmac
        self.beginning = beginning
        keyAfterBeginning = HMACKey(key.hmac, after: beginning.span)
    }

    /// The size of an authentication code, in bytes.
    var codeByteCount: Int { key.function.byteCount }

    /// Whether `code` is the authentication code of `input`. The time does not depend on the position of a difference.
    @inline(__always)
    func isValid(_ code: Span<UInt8>, for input: Span<UInt8>) -> Bool {
        let beginning = beginning
        guard input.hasPrefix(beginning.span) else { return key.isValid(code, for: input) }
        return keyAfterBeginning.isValid(code, for: input.extracting(droppingFirst: beginning.count))
    }

    /// Calls `body` with the authentication code of `input`.
    @inline(__always)
    func withCode(for input: Span<UInt8>, _ body: (Span<UInt8>) -> Void) {
        let beginning = beginning
        guard input.hasPrefix(beginning.span) else { return key.withCode(for: input, body) }
        keyAfterBeginning.withCode(for: input.extracting(droppingFirst: beginning.count), body)
    }
}
