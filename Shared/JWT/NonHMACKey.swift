/// The detection of keys that are not HMAC secrets, above all public keys.
///
/// An attacker who makes a verifier use a public key as the HMAC secret can sign tokens (RFC 8725 section 2.1).
enum NonHMACKey {
    /// Whether the bytes are a key in PEM, OpenSSH, PuTTY, JWK or DER form.
    static func matches(_ bytes: [UInt8]) -> Bool {
        let text = String(decoding: bytes, as: UTF8.self)
        return marks.contains { text.contains($0) } || isJWK(bytes, text) || isDER(bytes)
    }

    /// Texts that mark a key in a textual form, or in the binary form of OpenSSH.
    private static let marks = [
        "-BEGIN ", "- BEGIN ", "ssh-rsa", "ssh-dss", "ssh-ed25519", "ssh-ed448", "ecdsa-sha2-", "@openssh.com",
        "openssh-key-v1", "PuTTY-User-Key-File",
    ]

    /// Whether the text is a JWK or a JWK Set, even with escaped names or an error in its JSON.
    private static func isJWK(_ bytes: [UInt8], _ text: String) -> Bool {
        if text.contains("{"), text.contains("\"kty\"") || text.contains("\"keys\"") { return true }
        return JSONValue.strings(ofObject: bytes)?.contains { $0.name == "kty" || $0.name == "keys" } ?? false
    }

    /// Whether the bytes are one SEQUENCE whose first element is an INTEGER or a SEQUENCE, as in all keys and
    /// certificates. A SEQUENCE that is cut short or followed by other bytes counts if it has the object identifier of
    /// RSA or elliptic curves.
    ///
    /// One in 74 million random secrets of 32 bytes has this form, and one in 35 million of 64 bytes.
    private static func isDER(_ bytes: [UInt8]) -> Bool {
        guard bytes.first == DER.sequence else { return false }
        // RSA is 1.2.840.113549.1.1, and elliptic curves are 1.2.840.10045.2.1.
        let identifiers: [[UInt8]] = [
            [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01], [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01],
        ]
        if identifiers.contains(where: { bytes.contains($0) }) { return true }
        guard let content = DER.content(of: bytes[...]), content.endIndex == bytes.endIndex else { return false }
        return (content.first == DER.integer || content.first == DER.sequence) && DER.content(of: content) != nil
    }
}

/// The lengths of values in the Distinguished Encoding Rules (X.690).
private enum DER {
    static let integer: UInt8 = 0x02
    static let sequence: UInt8 = 0x30

    /// The content of the value at the start of the bytes; nil when the value is cut short.
    static func content(of bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard bytes.count >= 2 else { return nil }
        var (start, count) = (bytes.startIndex + 2, Int(bytes[bytes.startIndex + 1]))
        if count >= 0x80 {
            let digits = bytes[start...].prefix(count - 0x80)
            guard (1...4).contains(digits.count), digits.count == count - 0x80 else { return nil }
            (start, count) = (digits.endIndex, digits.reduce(0) { $0 << 8 | Int($1) })
        }
        guard count <= bytes.endIndex - start else { return nil }
        return bytes[start..<(start + count)]
    }
}
