import COpenSSL

/// Bytes that are overwritten when the last reference to them goes, and that no description shows.
@safe public final class SecretBytes: Sendable, CustomStringConvertible, CustomReflectable {
    /// Written in `init` only.
    nonisolated(unsafe) private let storage: UnsafeMutableBufferPointer<UInt8>

    /// Copies `bytes`; the caller's copy is the caller's to erase.
    public init(_ bytes: [UInt8]) {
        unsafe storage = .allocate(capacity: bytes.count)
        _ = unsafe storage.initialize(from: bytes)
    }

    deinit {
        unsafe OPENSSL_cleanse(storage.baseAddress, storage.count)
        unsafe storage.deallocate()
    }

    /// How many bytes there are.
    public var count: Int { unsafe storage.count }

    /// A copy of the bytes, for the places that must write them out.
    public var bytes: [UInt8] { unsafe Array(storage) }

    /// Says how many bytes there are, and nothing of them.
    public var description: String { "SecretBytes(\(count) bytes)" }

    /// Shows nothing, so that `dump` and debuggers' summaries do not either.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Overwrites `bytes` with zeros in a way that the compiler does not leave out.
public func eraseBytes(_ bytes: inout [UInt8]) {
    unsafe bytes.withUnsafeMutableBytes { unsafe OPENSSL_cleanse($0.baseAddress, $0.count) }
}

/// Whether `a` and `b` are the same bytes; the time taken depends on their lengths alone.
public func equalInConstantTime(_ a: [UInt8], _ b: [UInt8]) -> Bool {
    guard a.count == b.count else { return false }
    return unsafe CRYPTO_memcmp(a, b, a.count) == 0
}

/// `count` bytes from the system's random number generator.
///
/// Ends the process when there is no randomness to be had: going on without would be worse.
public func randomBytes(_ count: Int) -> [UInt8] {
    unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
        precondition(unsafe RAND_bytes(buffer.baseAddress, Int32(count)) == 1, "no randomness to be had")
        initialized = count
    }
}
