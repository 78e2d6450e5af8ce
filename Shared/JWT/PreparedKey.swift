import Libcrypto

/// A key that has already hashed how most of the tokens begin that are signed with it: the header that this module writes,
/// and the claim `iss`, which it writes first.
///
/// HMAC hashes one block of 64 or 128 bytes after the other, so blocks that are always the same are hashed once, here.
/// Where a token begins differently, it is hashed from its first byte on.
final class PreparedKey: Sendable {
    private let key: HMACKey
    /// Whole blocks, perhaps none.
    private let beginning: [UInt8]
    private let keyAfterBeginning: HMACKey

    /// Prepares a key for tokens of a type, and of an issuer if it is known.
    init(_ key: Key, type: String, issuer: String? = nil) {
        // As far as the characters of base64url do not depend on what comes next.
        let claims = JSONValue.object([.init("iss", .string(issuer ?? ""))]).text.utf8.dropLast(issuer == nil ? 2 : 1)
        let payload = Base64URL.encode(Array(claims)).utf8.prefix(claims.count * 4 / 3)
        let text = Header.text(for: key, type: type) + payload
        let block = key.algorithm.function.blockByteCount
        let beginning = Array(text.prefix(text.count / block * block))
        self.key = key.hmac
        self.beginning = beginning
        keyAfterBeginning = HMACKey(key.hmac, after: beginning.span)
    }

    /// The size of an authentication code.
    var codeByteCount: Int { key.function.byteCount }

    /// Whether `code` is the authentication code of `input`; the time taken does not depend on where they differ.
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

extension Header {
    /// The header that this module writes into tokens, as it stands there, with the period behind it.
    static func text(for key: Key, type: String) -> [UInt8] {
        let id = key.id.map { [JSONValue.Member("kid", .string($0))] } ?? []
        let members = [.init("alg", .string(key.algorithm.rawValue))] + id + [JSONValue.Member("typ", .string(type))]
        return text(of: members)
    }

    /// A header with these members, as it stands in a token, with the period behind it.
    static func text(of members: [JSONValue.Member]) -> [UInt8] {
        Array((Base64URL.encode(Array(JSONValue.object(members).text.utf8)) + ".").utf8)
    }
}
