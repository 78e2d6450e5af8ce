import COpenSSL

/// A private key for Ed25519 (RFC 8032). Its signatures are deterministic.
@safe public final class Ed25519Key: Sendable {
    /// The key of OpenSSL. Only `init` writes it.
    nonisolated(unsafe) private let key: OpaquePointer

    /// A key from its seed; nil unless the seed has 32 bytes.
    public init?(seed: [UInt8]) {
        guard seed.count == 32,
            let key = unsafe EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, seed, seed.count)
        else { return nil }
        unsafe self.key = key
    }

    /// A key from its DER (PKCS #8, RFC 8410); nil for a key of another kind.
    public init?(der: [UInt8]) {
        guard let key = unsafe decodedPrivateKey(der) else { return nil }
        guard unsafe EVP_PKEY_is_a(key, "ED25519") == 1 else {
            unsafe EVP_PKEY_free(key)
            return nil
        }
        unsafe self.key = key
    }

    deinit { unsafe EVP_PKEY_free(key) }

    /// The public key: 32 bytes.
    public var publicKey: [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 32)
        var count = bytes.count
        let succeeded = unsafe EVP_PKEY_get_raw_public_key(key, &bytes, &count)
        precondition(succeeded == 1 && count == 32, "OpenSSL cannot read an Ed25519 key")
        return bytes
    }

    /// The signature of a message: 64 bytes.
    public func signature(for message: [UInt8]) -> [UInt8] {
        let context = unsafe EVP_MD_CTX_new()
        defer { unsafe EVP_MD_CTX_free(context) }
        var signature = [UInt8](repeating: 0, count: 64)
        var count = signature.count
        let succeeded =
            unsafe EVP_DigestSignInit(context, nil, nil, nil, key) == 1
            && EVP_DigestSign(context, &signature, &count, message, message.count) == 1
        precondition(succeeded && count == 64, "OpenSSL cannot sign with an Ed25519 key")
        return signature
    }
}
