import JWT
import Libcrypto

@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ body: @convention(c) (UnsafePointer<UInt8>, Int) -> CInt
) -> CInt

/// The main function. The package manager renames `main` to this, and libFuzzer would otherwise bring its own.
@_cdecl("JWTFuzz_main")
public func fuzz(_ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> CInt {
    var (count, arguments) = (count, arguments)
    return runDriver(&count, &arguments, fuzzOne)
}

/// Called by libFuzzer with every input. The first byte selects the target of the other bytes.
///
/// A target looks for crashes, and checks what must be true of each accepted input.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    guard count > 0 else { return 0 }
    let input = Array(UnsafeBufferPointer(start: start + 1, count: count - 1))
    switch start[0] % 6 {
    case 0: Target.token(input)
    case 1: Target.payload(input)
    case 2: Target.header(input)
    case 3: Target.json(input)
    case 4: Target.base64(input)
    default: Target.keySet(input)
    }
    return 0
}

enum Target {
    private static let secret = [UInt8](repeating: 0x41, count: 32)
    private static let hmac = HMACKey(.sha256, secret: secret)
    private static let header = Base64URL.encode(Array(#"{"alg":"HS256","typ":"JWT"}"#.utf8))
    private static let verifiers: [Verifier] = {
        guard let plain = try? Key(secret: secret), let named = try? Key(id: "k", secret: secret) else { return [] }
        return [
            Verifier(keys: KeySet(plain), policy: Policy(issuers: ["i"], audience: "a")),
            Verifier(
                keys: KeySet(named), policy: Policy(type: nil, issuers: nil, audience: nil, leeway: 60, required: [])),
        ]
    }()

    /// Any bytes as a token.
    static func token(_ bytes: [UInt8]) {
        for verifier in verifiers {
            guard let token = try? verifier.verify(bytes.span, at: 1000) else { continue }
            check(token)
        }
        _ = try? InspectedToken(inspecting: String(decoding: bytes, as: UTF8.self))
    }

    /// Any bytes as a payload with a valid signature.
    static func payload(_ bytes: [UInt8]) {
        token(Array(signed(header + "." + Base64URL.encode(bytes)).utf8))
    }

    /// Any bytes as a header with a valid signature.
    static func header(_ bytes: [UInt8]) {
        token(Array(signed(Base64URL.encode(bytes) + ".e30").utf8))
    }

    /// Any bytes as JSON. An accepted object is written as a text that is accepted again and written as the same text.
    static func json(_ bytes: [UInt8]) {
        guard let object = JSONValue(object: bytes) else { return }
        let text = object.text
        precondition(JSONValue(object: Array(text.utf8))?.text == text)
    }

    /// Any bytes as base64url. An accepted text is the one that its bytes encode to.
    static func base64(_ bytes: [UInt8]) {
        precondition(Base64URL.decode(Base64URL.encode(bytes)) == bytes)
        let text = String(decoding: bytes, as: UTF8.self)
        if let decoded = Base64URL.decode(text) { precondition(Base64URL.encode(decoded) == text) }
    }

    /// Any bytes as a key set. An accepted set is written as a set that is accepted.
    static func keySet(_ bytes: [UInt8]) {
        guard let keys = try? KeySet(jwkSet: bytes) else { return }
        precondition((try? KeySet(jwkSet: Array(keys.jwkSet().utf8)))?.keys.count == keys.keys.count)
    }

    /// Reads everything of a verified token, and signs its claims again. The second verifier must accept the new token, unless
    /// the token has an audience, which the second verifier rejects.
    private static func check(_ token: VerifiedToken) {
        _ = (token.issuer, token.subject, token.audience, token.expiresAt, token.notBefore, token.issuedAt, token.id)
        _ = (token.sessionID, token.username, token.queryHash, token.actor, token.scopes, token["x"])
        guard let claims = JSONValue(object: token.payload), let key = try? Key(id: "k", secret: secret) else {
            preconditionFailure("a verified payload is one object")
        }
        guard let again = try? Signer(key: key).sign(claims) else { return }
        precondition(claims["aud"] != nil || (try? verifiers[1].verify(again, at: 1000)) != nil)
    }

    private static func signed(_ input: String) -> String {
        input + "." + Base64URL.encode(hmac.code(for: input.utf8.span))
    }
}
