import Libcrypto

extension CompactToken {
    /// A signed token: a header as it stands there with its period, a payload of `claims` and `others`, which are members with
    /// a comma behind each, and its signature. Nil when the payload does not fit into `payloadCapacity` bytes, or the token would
    /// be larger than a signer makes them.
    ///
    /// The payload is written on the stack unless it is large, and the token into the memory of the string that is returned.
    static func write(
        header: [UInt8], claims: Claims, others: [UInt8], payloadCapacity: Int, key: PreparedKey
    ) -> String? {
        unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: payloadCapacity) { buffer in
            unsafe write(header, claims, others, key, buffer)
        }
    }

    /// Apart, because a closure that is called from two places would hold a copy of the claims, and count each of their strings.
    @inline(never)
    @unsafe private static func write(
        _ header: [UInt8], _ claims: Claims, _ others: [UInt8], _ key: PreparedKey,
        _ buffer: UnsafeMutableBufferPointer<UInt8>
    ) -> String? {
        var payload = unsafe JSONWriter(buffer)
        claims.write(to: &payload, others)
        guard !payload.isOverfull else { return nil }
        return unsafe sign(header, UnsafeBufferPointer(rebasing: buffer.prefix(payload.count)), key)
    }

    @unsafe private static func sign(
        _ header: [UInt8], _ payload: UnsafeBufferPointer<UInt8>, _ key: PreparedKey
    ) -> String? {
        let inputCount = header.count + Base64URL.encodedCount(payload.count)
        let count = inputCount + 1 + Base64URL.encodedCount(key.codeByteCount)
        guard count <= Signer.maximumTokenBytes else { return nil }
        return unsafe String(unsafeUninitializedCapacity: count) { text in
            unsafe header.withUnsafeBufferPointer { _ = unsafe text.update(fromContentsOf: $0) }
            unsafe Base64URL.encode(payload, into: UnsafeMutableBufferPointer(rebasing: text[header.count...]))
            unsafe text[inputCount] = UInt8(ascii: ".")
            let input = unsafe UnsafeBufferPointer(rebasing: text.prefix(inputCount))
            key.withCode(for: unsafe input.span) { code in
                unsafe code.withUnsafeBufferPointer {
                    unsafe Base64URL.encode($0, into: UnsafeMutableBufferPointer(rebasing: text[(inputCount + 1)...]))
                }
            }
            return count
        }
    }
}
