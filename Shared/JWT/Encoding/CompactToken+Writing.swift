import Libcrypto

extension CompactToken {
    /// Writes a signed token. A small payload is on the stack. The token is written directly into the memory of the
    /// returned string.
    ///
    /// - Parameters:
    ///   - header: The encoded header with the period after it.
    ///   - others: The other members of the payload as JSON, each followed by a comma.
    /// - Returns: The token; nil when the payload needs more than `payloadCapacity` bytes, or the token more than
    ///   `Signer.maximumTokenBytes`.
    static func write(
        header: [UInt8], claims: Claims, others: [UInt8], payloadCapacity: Int, key: PreparedKey
    ) -> String? {
        unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: payloadCapacity) { buffer in
            unsafe write(header, claims, others, key, buffer)
        }
    }

    /// Writes and signs a payload. It is not part of the closure above: that closure would copy the claims and retain
    /// each of their strings.
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
