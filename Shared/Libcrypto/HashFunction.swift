import COpenSSL

/// The hash functions of the SHA-2 family that are used with HMAC (FIPS 180-4).
public enum HashFunction: Sendable {
    /// SHA-256.
    case sha256
    /// SHA-384.
    case sha384
    /// SHA-512.
    case sha512

    /// The size of a hash, and of an authentication code made with it, in bytes.
    public var byteCount: Int {
        switch self {
        case .sha256: Int(SHA256_DIGEST_LENGTH)
        case .sha384: Int(SHA384_DIGEST_LENGTH)
        case .sha512: Int(SHA512_DIGEST_LENGTH)
        }
    }

    /// The size of the blocks in which the function processes its input, in bytes.
    public var blockByteCount: Int {
        switch self {
        case .sha256: 64
        case .sha384, .sha512: 128
        }
    }
}

/// The SHA-256 hash of `bytes`: 32 bytes (FIPS 180-4).
public func sha256(_ bytes: [UInt8]) -> [UInt8] {
    hash(bytes, with: .sha256)
}

/// The hash of `bytes`: `function.byteCount` bytes.
func hash(_ bytes: [UInt8], with function: HashFunction) -> [UInt8] {
    unsafe [UInt8](unsafeUninitializedCapacity: function.byteCount) { output, count in
        switch function {
        case .sha256: _ = unsafe SHA256(bytes, bytes.count, output.baseAddress)
        case .sha384: _ = unsafe SHA384(bytes, bytes.count, output.baseAddress)
        case .sha512: _ = unsafe SHA512(bytes, bytes.count, output.baseAddress)
        }
        count = function.byteCount
    }
}
