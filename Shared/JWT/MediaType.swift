/// The comparison of media types in `typ` and `cty` (RFC 7515 sections 4.1.9 and 4.1.10).
enum MediaType {
    /// The type of a token without `typ`.
    static let jwt = Array("JWT".utf8)
    private static let prefix = Array("application/".utf8)

    /// Whether two names are the same type. The comparison ignores the case of letters and an optional `application/`.
    static func matches(_ a: Span<UInt8>, _ b: Span<UInt8>) -> Bool {
        let (a, b) = (a.extracting(droppingFirst: prefixCount(a)), b.extracting(droppingFirst: prefixCount(b)))
        return isSame(a, b)
    }

    /// The length of an optional `application/` at the start; 0 when there is none. It is optional when no other slash
    /// follows.
    private static func prefixCount(_ name: Span<UInt8>) -> Int {
        guard name.count > prefix.count, isSame(name.extracting(first: prefix.count), prefix.span) else { return 0 }
        for index in prefix.count..<name.count where name[index] == UInt8(ascii: "/") { return 0 }
        return prefix.count
    }

    private static func isSame(_ a: Span<UInt8>, _ b: Span<UInt8>) -> Bool {
        guard a.count == b.count else { return false }
        for index in 0..<a.count where lowercased(a[index]) != lowercased(b[index]) { return false }
        return true
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 { byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte }
}

extension Span<UInt8> {
    /// Whether a JSON string in this text names the media type `type`.
    func isMediaType(_ string: JSONSlice, _ type: [UInt8]) -> Bool {
        if string.isPlainString { return MediaType.matches(extracting(string.range), type.span) }
        return MediaType.matches(unescaped(string).span, type.span)
    }
}
