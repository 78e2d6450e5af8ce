import COpenSSL

/// A private key for RSA or ECDSA.
@safe public final class PrivateKey: Sendable {
    /// The kind of a key, by the names of RFC 7518 sections 6.1 and 6.2.
    public enum Kind: String, Sendable {
        /// RSA with a modulus of at least 2,048 bits (RFC 7518 section 3.3).
        case rsa = "RSA"
        /// ECDSA with P-256.
        case p256 = "P-256"
        /// ECDSA with P-384.
        case p384 = "P-384"
        /// ECDSA with P-521.
        case p521 = "P-521"

        /// The size of a coordinate, in bytes; nil for RSA.
        fileprivate var coordinateByteCount: Int? {
            switch self {
            case .rsa: nil
            case .p256: 32
            case .p384: 48
            case .p521: 66
            }
        }
    }

    /// The kind of the key.
    public let kind: Kind
    /// The key of OpenSSL. Only `init` writes it.
    nonisolated(unsafe) private let key: OpaquePointer

    /// A new key, for RSA with 2,048 bits; nil if OpenSSL cannot make one.
    public init?(generating kind: Kind) {
        let context = unsafe EVP_PKEY_CTX_new_from_name(nil, kind == .rsa ? "RSA" : "EC", nil)
        defer { unsafe EVP_PKEY_CTX_free(context) }
        var generated: OpaquePointer?
        guard unsafe EVP_PKEY_keygen_init(context) == 1,
            unsafe kind == .rsa
                ? EVP_PKEY_CTX_set_rsa_keygen_bits(context, 2048) == 1
                : EVP_PKEY_CTX_set_group_name(context, kind.rawValue) == 1,
            unsafe EVP_PKEY_generate(context, &generated) == 1, let key = unsafe generated
        else { return nil }
        self.kind = kind
        unsafe self.key = key
    }

    /// A key from its DER: PKCS #8 (RFC 5958), PKCS #1 for RSA (RFC 8017 appendix A.1.2) or SEC 1 for ECDSA (RFC 5915); nil for
    /// a key of another kind, one whose numbers do not belong together, and RSA with fewer than 2,048 bits.
    public init?(der: [UInt8]) {
        guard let key = unsafe decodedPrivateKey(der) else { return nil }
        guard let kind = unsafe Self.kind(of: key), unsafe Self.isConsistent(key) else {
            unsafe EVP_PKEY_free(key)
            return nil
        }
        self.kind = kind
        unsafe self.key = key
    }

    private static func kind(of key: OpaquePointer) -> Kind? {
        if unsafe EVP_PKEY_is_a(key, "RSA") == 1 { return unsafe EVP_PKEY_get_bits(key) >= 2048 ? .rsa : nil }
        // For a key that is not on a curve with a name, there is no name.
        var name = [CChar](repeating: 0, count: 32)
        guard unsafe EVP_PKEY_get_group_name(key, &name, name.count, nil) == 1 else { return nil }
        return switch String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self) {
        case "prime256v1": .p256
        case "secp384r1": .p384
        case "secp521r1": .p521
        default: nil
        }
    }

    /// Whether the private and the public key belong together.
    private static func isConsistent(_ key: OpaquePointer) -> Bool {
        let context = unsafe EVP_PKEY_CTX_new_from_pkey(nil, key, nil)
        defer { unsafe EVP_PKEY_CTX_free(context) }
        defer { ERR_clear_error() }
        return unsafe EVP_PKEY_check(context) == 1
    }

    deinit { unsafe EVP_PKEY_free(key) }

    /// The numbers of the public key, big-endian: `n` and `e` of RSA, or the coordinates `x` and `y` in their full size.
    public var publicNumbers: (first: [UInt8], second: [UInt8]) {
        kind == .rsa ? (number("n"), number("e")) : (number("qx"), number("qy"))
    }

    private func number(_ name: String) -> [UInt8] {
        var value: OpaquePointer?
        let isRead = unsafe EVP_PKEY_get_bn_param(key, name, &value)
        precondition(isRead == 1, "OpenSSL cannot read a number of a key")
        defer { unsafe BN_free(value) }
        return unsafe bytes(of: value, count: kind.coordinateByteCount ?? (Int(BN_num_bits(value)) + 7) / 8)
    }

    private func bytes(of value: OpaquePointer?, count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let written = unsafe BN_bn2binpad(value, &bytes, Int32(count))
        precondition(written == count, "a number of OpenSSL has more than \(count) bytes")
        return bytes
    }

    /// The signature of a message, in the form of a JWS: PKCS #1 v1.5 or PSS for RSA, `r` and `s` for ECDSA (RFC 7518 sections
    /// 3.3 to 3.5). Signatures of ECDSA and PSS differ each time.
    public func signature(for message: [UInt8], _ function: HashFunction, usesPSS: Bool = false) -> [UInt8] {
        let context = unsafe context(EVP_DigestSignInit, function, usesPSS)
        defer { unsafe EVP_MD_CTX_free(context) }
        var signature = [UInt8](repeating: 0, count: Int(unsafe EVP_PKEY_get_size(key)))
        var count = signature.count
        let succeeded = unsafe EVP_DigestSign(context, &signature, &count, message, message.count)
        precondition(succeeded == 1, "OpenSSL cannot sign with a key")
        let bytes = Array(signature.prefix(count))
        return kind.coordinateByteCount.map { numbers(of: bytes, size: $0) } ?? bytes
    }

    /// Whether a signature in the form of a JWS is one of this key for the message.
    public func isValid(
        _ signature: [UInt8], for message: [UInt8], _ function: HashFunction, usesPSS: Bool = false
    ) -> Bool {
        var encoded = signature
        if let size = kind.coordinateByteCount {
            guard signature.count == 2 * size else { return false }
            encoded = der(of: signature, size: size)
        }
        let context = unsafe context(EVP_DigestVerifyInit, function, usesPSS)
        defer { unsafe EVP_MD_CTX_free(context) }
        // OpenSSL keeps its errors per thread. The next call on this thread must not find the error of a wrong signature.
        defer { ERR_clear_error() }
        return unsafe EVP_DigestVerify(context, encoded, encoded.count, message, message.count) == 1
    }

    private typealias Begin = (
        OpaquePointer?, UnsafeMutablePointer<OpaquePointer?>?, OpaquePointer?, OpaquePointer?, OpaquePointer?
    ) -> Int32

    /// A context in which OpenSSL signs or verifies. The caller frees it.
    private func context(_ begin: Begin, _ function: HashFunction, _ usesPSS: Bool) -> OpaquePointer? {
        let context = unsafe EVP_MD_CTX_new()
        var options: OpaquePointer?
        let isReady =
            unsafe begin(context, &options, Self.digest(function), nil, key) == 1
            && (!usesPSS
                || EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) == 1
                    && EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST) == 1)
        precondition(isReady, "OpenSSL cannot use a key")
        return unsafe context
    }

    /// The two numbers of an ECDSA signature in DER, each with `size` bytes.
    private func numbers(of der: [UInt8], size: Int) -> [UInt8] {
        unsafe der.withUnsafeBufferPointer { der in
            var start = der.baseAddress
            let signature = unsafe d2i_ECDSA_SIG(nil, &start, der.count)
            defer { unsafe ECDSA_SIG_free(signature) }
            return unsafe bytes(of: ECDSA_SIG_get0_r(signature), count: size)
                + bytes(of: ECDSA_SIG_get0_s(signature), count: size)
        }
    }

    /// The DER of an ECDSA signature whose two numbers have `size` bytes each.
    private func der(of numbers: [UInt8], size: Int) -> [UInt8] {
        let signature = unsafe ECDSA_SIG_new()
        defer { unsafe ECDSA_SIG_free(signature) }
        let parts = [Array(numbers.prefix(size)), Array(numbers.suffix(size))]
        let values = unsafe parts.map { unsafe BN_bin2bn($0, CInt(size), nil) }
        precondition(unsafe ECDSA_SIG_set0(signature, values[0], values[1]) == 1, "OpenSSL has no memory")
        return unsafe Self.encoded { unsafe i2d_ECDSA_SIG(signature, $0) }
    }

    /// The public key in DER (SubjectPublicKeyInfo, RFC 5280 section 4.1).
    public var publicKeyInDER: [UInt8] {
        unsafe Self.encoded { unsafe i2d_PUBKEY(key, $0) }
    }

    /// A certificate in DER that the key itself signed (RFC 5280), valid for a day.
    public var certificateInDER: [UInt8] {
        let certificate = unsafe X509_new()
        defer { unsafe X509_free(certificate) }
        let name = unsafe X509_get_subject_name(certificate)
        let succeeded =
            unsafe X509_set_version(certificate, 2) == 1
            && ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1) == 1
            && X509_gmtime_adj(X509_getm_notBefore(certificate), -60) != nil
            && X509_gmtime_adj(X509_getm_notAfter(certificate), 86_400) != nil
            && X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, Array("probe".utf8), 5, -1, 0) == 1
            && X509_set_issuer_name(certificate, name) == 1 && X509_set_pubkey(certificate, key) == 1
            && X509_sign(certificate, key, EVP_sha256()) > 0
        precondition(succeeded, "OpenSSL cannot make a certificate")
        return unsafe Self.encoded { unsafe i2d_X509(certificate, $0) }
    }

    /// The bytes that a function of OpenSSL writes. Without a place for them, it returns their number.
    private static func encoded(
        _ write: (UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?) -> Int32
    ) -> [UInt8] {
        let size = Int(write(nil))
        precondition(size > 0, "OpenSSL cannot encode a key")
        return unsafe [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            var start = buffer.baseAddress
            count = Int(unsafe write(&start))
        }
    }

    private static func digest(_ function: HashFunction) -> OpaquePointer? {
        switch function {
        case .sha256: unsafe EVP_sha256()
        case .sha384: unsafe EVP_sha384()
        case .sha512: unsafe EVP_sha512()
        }
    }
}

/// Reads a private key in DER. The caller frees the key. Returns nil if OpenSSL cannot read one.
func decodedPrivateKey(_ der: [UInt8]) -> OpaquePointer? {
    guard !der.isEmpty else { return nil }
    defer { ERR_clear_error() }
    return unsafe der.withUnsafeBufferPointer { der in
        var start = der.baseAddress
        return unsafe d2i_AutoPrivateKey(nil, &start, der.count)
    }
}
