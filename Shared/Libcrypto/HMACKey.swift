// Libcrypto wraps the few functions of OpenSSL's libcrypto that this project needs: SHA-2, HMAC, scrypt, random bytes,
// and the handling of secrets in memory. It is a separate target, so all C calls with secrets are in one target.

import COpenSSL

/// A key for HMAC (RFC 2104), with the hash states that depend on the key alone already computed.
///
/// The inner and the outer hash of HMAC both begin with one block that depends only on the key. The class computes both
/// states once and copies them for each message. It uses the plain context structures of OpenSSL, because a copy of an
/// `EVP_MAC_CTX` takes several allocations. They cost more than the hashing. The states are overwritten when the key is
/// released.
@safe public final class HMACKey: Sendable {
    /// The hash function of the key.
    public let function: HashFunction
    /// The inner and the outer context. Only `init` writes them.
    nonisolated(unsafe) private let states: UnsafeMutableRawPointer

    /// A key from a secret of any length. The caller decides which lengths are acceptable, and erases its own copy.
    public init(_ function: HashFunction, secret: [UInt8]) {
        self.function = function
        unsafe states = .allocate(
            byteCount: 2 * function.contextByteCount, alignment: MemoryLayout<SHA512_CTX>.alignment)
        let blockSize = function.blockByteCount
        var block = [UInt8](repeating: 0, count: blockSize)
        if secret.count > blockSize {
            var key = hash(secret, with: function)
            block.replaceSubrange(0..<key.count, with: key)
            eraseBytes(&key)
        } else {
            block.replaceSubrange(0..<secret.count, with: secret)
        }
        for (index, pad) in [UInt8(0x36), 0x5C].enumerated() {
            var padded = block.map { $0 ^ pad }
            switch function {
            case .sha256:
                let context = unsafe states.bindMemory(to: SHA256_CTX.self, capacity: 2) + index
                unsafe SHA256_Init(context)
                unsafe SHA256_Update(context, padded, blockSize)
            case .sha384, .sha512:
                let context = unsafe states.bindMemory(to: SHA512_CTX.self, capacity: 2) + index
                _ = unsafe function == .sha384 ? SHA384_Init(context) : SHA512_Init(context)
                unsafe SHA512_Update(context, padded, blockSize)
            }
            eraseBytes(&padded)
        }
        eraseBytes(&block)
    }

    /// The same key for messages that all begin with `beginning`. The initializer hashes `beginning` once.
    ///
    /// Pass only the rest of a message, after `beginning`, to the methods of this key.
    public init(_ key: HMACKey, after beginning: Span<UInt8>) {
        function = key.function
        unsafe states = .allocate(
            byteCount: 2 * function.contextByteCount, alignment: MemoryLayout<SHA512_CTX>.alignment)
        unsafe states.copyMemory(from: key.states, byteCount: 2 * function.contextByteCount)
        unsafe beginning.withUnsafeBufferPointer { beginning in
            let (start, count) = (beginning.baseAddress, beginning.count)
            _ =
                switch function {
                case .sha256: unsafe SHA256_Update(states.bindMemory(to: SHA256_CTX.self, capacity: 2), start, count)
                case .sha384, .sha512:
                    unsafe SHA512_Update(states.bindMemory(to: SHA512_CTX.self, capacity: 2), start, count)
                }
        }
    }

    deinit {
        unsafe OPENSSL_cleanse(states, 2 * function.contextByteCount)
        unsafe states.deallocate()
    }

    /// The authentication code of `message`: `function.byteCount` bytes.
    public func code(for message: Span<UInt8>) -> [UInt8] {
        var bytes: [UInt8] = []
        withCode(for: message) { code in unsafe code.withUnsafeBufferPointer { bytes = unsafe Array($0) } }
        return bytes
    }

    /// Calls `body` with the authentication code of `message`: `function.byteCount` bytes on the stack.
    public func withCode(for message: Span<UInt8>, _ body: (Span<UInt8>) -> Void) {
        unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Int(SHA512_DIGEST_LENGTH)) { code in
            guard let start = code.baseAddress else { return }
            unsafe compute(message, start)
            body(unsafe Span(_unsafeStart: start, count: function.byteCount))
        }
    }

    /// Whether `code` is the authentication code of `message`. The time does not depend on the position of a difference.
    public func isValid(_ code: Span<UInt8>, for message: Span<UInt8>) -> Bool {
        guard code.count == function.byteCount else { return false }
        return unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Int(SHA512_DIGEST_LENGTH)) { expected in
            guard let start = expected.baseAddress else { return false }
            unsafe compute(message, start)
            return unsafe difference(code, start) == 0
        }
    }

    /// The bits in which the codes differ. All bytes are compared, eight at a time. The size of every hash is a
    /// multiple of eight.
    private func difference(_ code: Span<UInt8>, _ expected: UnsafePointer<UInt8>) -> UInt64 {
        unsafe code.withUnsafeBytes { code in
            var difference: UInt64 = 0
            for offset in stride(from: 0, to: function.byteCount, by: 8) {
                let (a, b) = unsafe (
                    code.loadUnaligned(fromByteOffset: offset, as: UInt64.self),
                    UnsafeRawPointer(expected).loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                )
                difference |= a ^ b
            }
            return difference
        }
    }

    private func compute(_ message: Span<UInt8>, _ output: UnsafeMutablePointer<UInt8>) {
        unsafe message.withUnsafeBufferPointer { message in
            switch function {
            case .sha256:
                let prepared = unsafe states.assumingMemoryBound(to: SHA256_CTX.self)
                var context = unsafe prepared[0]
                unsafe SHA256_Update(&context, message.baseAddress, message.count)
                unsafe SHA256_Final(output, &context)
                unsafe context = prepared[1]
                unsafe SHA256_Update(&context, output, function.byteCount)
                unsafe SHA256_Final(output, &context)
            case .sha384, .sha512:
                let prepared = unsafe states.assumingMemoryBound(to: SHA512_CTX.self)
                var context = unsafe prepared[0]
                unsafe SHA512_Update(&context, message.baseAddress, message.count)
                unsafe SHA512_Final(output, &context)
                unsafe context = prepared[1]
                unsafe SHA512_Update(&context, output, function.byteCount)
                unsafe SHA512_Final(output, &context)
            }
        }
    }
}

extension HashFunction {
    fileprivate var contextByteCount: Int {
        switch self {
        case .sha256: MemoryLayout<SHA256_CTX>.stride
        case .sha384, .sha512: MemoryLayout<SHA512_CTX>.stride
        }
    }
}
