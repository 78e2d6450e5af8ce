import COpenSSL

/// Secret bytes. They are overwritten when the last reference is released, and no description shows them.
@safe public final class SecretBytes: Sendable, CustomStringConvertible, CustomReflectable {
    /// Only `init` writes it.
    nonisolated(unsafe) private let storage: UnsafeMutableBufferPointer<UInt8>

    /// Copies `bytes`. The caller erases its own copy.
    public init(_ bytes: [UInt8]) {
        unsafe storage = .allocate(capacity: bytes.count)
        _ = unsafe storage.initialize(from: bytes)
    }

    deinit {
        unsafe OPENSSL_cleanse(storage.baseAddress, storage.count)
        unsafe storage.deallocate()
    }

    /// The number of bytes.
    public var count: Int { unsafe storage.count }

    /// A copy of the bytes. The caller erases it.
    public var bytes: [UInt8] { unsafe Array(storage) }

    /// The number of bytes, as text.
    public var description: String { "SecretBytes(\(count) bytes)" }

    /// A mirror without children, so `dump` and debuggers do not show the bytes.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Overwrites `bytes` with zeros. The compiler cannot remove the writes.
public func eraseBytes(_ bytes: inout [UInt8]) {
    unsafe bytes.withUnsafeMutableBytes { unsafe OPENSSL_cleanse($0.baseAddress, $0.count) }
}

/// Whether `a` and `b` are equal. The time depends only on their lengths.
public func equalInConstantTime(_ a: [UInt8], _ b: [UInt8]) -> Bool {
    guard a.count == b.count else { return false }
    return unsafe CRYPTO_memcmp(a, b, a.count) == 0
}
