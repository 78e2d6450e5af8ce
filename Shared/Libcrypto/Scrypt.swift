import COpenSSL

/// The parameters of scrypt (RFC 7914 section 2).
public struct ScryptParameters: Sendable, Hashable {
    /// `N`: how many blocks are filled; a power of two above 1.
    public var cost: Int
    /// `r`: the size of a block, in units of 128 bytes.
    public var blockSize: Int
    /// `p`: how many times it is all done.
    public var parallelism: Int

    /// The three parameters, checked only when they are used.
    public init(cost: Int, blockSize: Int, parallelism: Int) {
        self.cost = cost
        self.blockSize = blockSize
        self.parallelism = parallelism
    }
}

/// Why scrypt gave no result.
public struct ScryptError: Error, CustomStringConvertible {
    /// The parameters that were refused.
    public let parameters: ScryptParameters

    /// What is wrong, in a sentence without the password.
    public var description: String {
        "scrypt refuses N=\(parameters.cost) r=\(parameters.blockSize) p=\(parameters.parallelism) in the memory allowed"
    }
}

/// Derives `outputByteCount` bytes from a password (RFC 7914). Takes about `128 * N * r` bytes of memory while it runs,
/// on the calling thread.
///
/// - Parameter maximumMemory: more than this many bytes are not taken; parameters that need more are refused.
/// - Throws: `ScryptError` for parameters that scrypt does not allow, or that need too much memory.
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
        ERR_clear_error()
        throw ScryptError(parameters: parameters)
    }
    return output
}
