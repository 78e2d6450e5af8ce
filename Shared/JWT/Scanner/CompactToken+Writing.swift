import Libcrypto

extension CompactToken {
    /// A signed token: a header as it stands there with its period, the payload that `write` writes, and its signature. Nil
    /// when the payload does not fit into `payloadCapacity` bytes.
    ///
    /// The payload is written on the stack unless it is large, and the token into the memory of the string that is returned.
    @inline(__always)
    static func write(
        header: [UInt8], payloadCapacity: Int, key: HMACKey, payload write: (inout JSONWriter) -> Void
    ) -> String? {
        unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: payloadCapacity) { buffer in
            var payload = unsafe JSONWriter(buffer)
            write(&payload)
            guard !payload.isOverfull else { return nil }
            return unsafe sign(header, UnsafeBufferPointer(rebasing: buffer.prefix(payload.count)), key)
        }
    }

    @unsafe private static func sign(_ header: [UInt8], _ payload: UnsafeBufferPointer<UInt8>, _ key: HMACKey) -> String
    {
        let inputCount = header.count + Base64URL.encodedCount(payload.count)
        let count = inputCount + 1 + Base64URL.encodedCount(key.function.byteCount)
        return unsafe String(unsafeUninitializedCapacity: count) { text in
            unsafe header.withUnsafeBufferPointer { _ = unsafe text.update(fromContentsOf: $0) }
            unsafe Base64URL.encode(payload, into: UnsafeMutableBufferPointer(rebasing: text[header.count...]))
            unsafe text[inputCount] = UInt8(ascii: ".")
            let input = unsafe UnsafeBufferPointer(rebasing: text.prefix(inputCount))
            unsafe key.withCode(for: input.span) { code in
                unsafe Base64URL.encode(code, into: UnsafeMutableBufferPointer(rebasing: text[(inputCount + 1)...]))
            }
            return count
        }
    }
}
