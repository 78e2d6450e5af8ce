import COpenSSL

/// The parameters of scrypt (RFC 7914 section 2).
public struct ScryptParameters: Sendable, Hashable {
    /// `N`, the number of blocks that are filled: a power of two above 1.
    public var cost: Int
    /// `r`, the size of a block in units of 128 bytes: at least 1.
    public var blockSize: Int
    /// `p`, the number of independent runs: at least 1.
    public var parallelism: Int

    /// Creates parameters. `scrypt` checks them.
    public init(cost: Int, blockSize: Int, parallelism: Int) {
        self.cost = cost
        self.blockSize = blockSize
        self.parallelism = parallelism
    }
}

/// The error of `scrypt` for parameters that it does not accept.
public struct ScryptError: Error, CustomStringConvertible {
    /// The parameters that were not accepted.
    public let parameters: ScryptParameters

    /// One sentence for people. It contains no part of the password.
    public var description: String {
        "scrypt does not accept N=\(parameters.cost) r=\(parameters.blockSize) p=\(parameters.parallelism) "
            + "within its memory limit"
    }
}

/// Derives a key from a password (RFC 7914).
///
/// It blocks the calling thread and needs about `128 * N * r` bytes of memory while it runs.
///
/// - Parameters:
///   - maximumMemory: The memory that scrypt may take, in bytes.
///   - outputByteCount: The size of the key, in bytes: at least 1.
/// - Throws: `ScryptError` for parameters that RFC 7914 does not allow, or that need more than `maximumMemory`.
public func scrypt(
    password: [UInt8], salt: [UInt8], parameters: ScryptParameters, maximumMemory: Int, outputByteCount: Int
) throws(ScryptError) -> [UInt8] {
    let (n, r, p) = (parameters.cost, parameters.blockSize, parameters.parallelism)
    guard n > 1, r > 0, p > 0, maximumMemory > 0, outputByteCount > 0 else { throw ScryptError(parameters: parameters) }
    var output = [UInt8](repeating: 0, count: outputByteCount)
    let succeeded = unsafe password.withUnsafeBytes { password in
        unsafe EVP_PBE_scrypt(
            password.baseAddress, password.count, salt, salt.count, UInt64(n), UInt64(r), UInt64(p),
            UInt64(maximumMemory), &output, output.count)
    }
    guard succeeded == 1 else {
        // OpenSSL keeps its errors per thread. The next call on this thread must not find this error.
        ERR_clear_error()
        throw ScryptError(parameters: parameters)
    }
    return output
}
