import JWT
import Libcrypto

extension SigningKey.Material {
    /// The secret or private key of a JWK (RFC 7518 §6, RFC 8037 §2); nil for a public key, and a key that the probe cannot use.
    init?(jwk: JSONValue) {
        func number(_ name: String) -> [UInt8]? { jwk[name]?.string.flatMap(Base64URL.decode) }
        switch (jwk["kty"]?.string, jwk["crv"]?.string) {
        case ("oct", _):
            guard let secret = number("k") else { return nil }
            self = .secret(secret)
        case ("OKP", "Ed25519"):
            guard let key = number("d").flatMap(Ed25519Key.init(seed:)) else { return nil }
            self = .ed25519(key)
        case ("EC", let curve?):
            guard let name = Self.curves[curve], let d = number("d"), let x = number("x"), let y = number("y"),
                // The private key, the name of the curve, and the uncompressed point (RFC 5915 §3, RFC 5480 §2.2).
                let key = PrivateKey(
                    der: DER.sequence(
                        DER.integer([1]), DER.value(0x04, d), DER.value(0xA0, name),
                        DER.value(0xA1, DER.value(0x03, [0, 4] + x + y))))
            else { return nil }
            self = .pair(key)
        case ("RSA", _):
            // The order of RFC 8017 §A.1.2.
            let numbers = ["n", "e", "d", "p", "q", "dp", "dq", "qi"].compactMap(number)
            guard numbers.count == 8,
                let key = PrivateKey(der: DER.value(0x30, ([[]] + numbers).flatMap(DER.integer)))
            else { return nil }
            self = .pair(key)
        default: return nil
        }
    }

    /// The object identifiers of the curves in DER (RFC 5480 §2.1.1.1).
    private static let curves: [String: [UInt8]] = [
        "P-256": [0x06, 8, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 3, 1, 7],
        "P-384": [0x06, 5, 0x2B, 0x81, 4, 0, 0x22],
        "P-521": [0x06, 5, 0x2B, 0x81, 4, 0, 0x23],
    ]
}
