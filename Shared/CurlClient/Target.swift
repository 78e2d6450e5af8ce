/// The server that a URL names.
///
/// The grammar is RFC 3986, restricted to what HTTP between services needs. libcurl is more lenient. The restriction
/// ensures that libcurl cannot read another host from the same URL.
struct Target: Sendable {
    /// The limit for a URL, in bytes.
    static let maximumURLBytes = 8192

    /// What requests must have in common to share a connection (RFC 9110 §4.3).
    struct Origin: Hashable {
        /// The host in lower case; an IPv6 address includes its brackets.
        let host: String
        let port: UInt16
        let isSecure: Bool
    }

    let origin: Origin

    /// The host and the port, for messages.
    var name: String { "\(origin.host):\(origin.port)" }

    /// Reads an absolute `http` or `https` URL.
    init(url: String) throws(HTTPClientError) {
        let bytes = url.utf8.span
        guard bytes.count <= Self.maximumURLBytes else {
            throw .invalidRequest("the URL exceeds \(Self.maximumURLBytes) bytes")
        }
        let (start, isSecure) = try Self.schemeEnd(bytes)
        let authority = bytes.extracting(start..<Self.end(in: bytes, from: start) { !Self.isPathOrQueryStart($0) })
        let hostBytes = try Self.hostBytes(authority)
        let port = try Self.port(authority.extracting(hostBytes...)) ?? (isSecure ? 443 : 80)
        origin = Origin(host: Self.lowercased(authority.extracting(..<hostBytes)), port: port, isSecure: isSecure)
        try Self.checkPathAndQuery(bytes.extracting((start + authority.count)...))
    }

    private static func schemeEnd(_ url: Span<UInt8>) throws(HTTPClientError) -> (Int, isSecure: Bool) {
        if begins(url, with: "http://") { return (7, false) }
        if begins(url, with: "https://") { return (8, true) }
        throw .invalidRequest("the URL is not an absolute http or https URL")
    }

    private static func begins(_ url: Span<UInt8>, with scheme: StaticString) -> Bool {
        guard url.count >= scheme.utf8CodeUnitCount else { return false }
        for index in 0..<scheme.utf8CodeUnitCount where unsafe lowercased(url[index]) != scheme.utf8Start[index] {
            return false
        }
        return true
    }

    /// The number of bytes of the host, with the brackets of an IPv6 address.
    private static func hostBytes(_ authority: Span<UInt8>) throws(HTTPClientError) -> Int {
        let isBracketed = !authority.isEmpty && authority[0] == UInt8(ascii: "[")
        guard let count = isBracketed ? bracketedHostBytes(authority) : namedHostBytes(authority) else {
            throw .invalidRequest("the URL has no valid host, or contains user information")
        }
        return count
    }

    private static func namedHostBytes(_ authority: Span<UInt8>) -> Int? {
        let count = end(in: authority, from: 0, while: unreserved.contains)
        guard count > 0, count == authority.count || authority[count] == UInt8(ascii: ":") else { return nil }
        return isNameOrAddress(authority.extracting(..<count)) ? count : nil
    }

    /// Whether the host is a name, or an IPv4 address in its usual form. libcurl takes other numbers for addresses too, such as
    /// `127.1` and `0x7f000001`.
    private static func isNameOrAddress(_ host: Span<UInt8>) -> Bool {
        let dot = UInt8(ascii: ".")
        let end = host[host.count - 1] == dot ? host.count - 1 : host.count
        var start = end
        while start > 0, host[start - 1] != dot { start -= 1 }
        let label = host.extracting(start..<end)
        guard !label.isEmpty, ASCIISet.digits.contains(label[0]) else { return true }
        let isHex = label.count > 1 && lowercased(label[1]) == UInt8(ascii: "x")
        let digits = Self.end(
            in: label, from: isHex ? 2 : 0, while: isHex ? ASCIISet.hexDigits.contains : ASCIISet.digits.contains)
        return digits < label.count || isAddress(host)
    }

    /// Whether the text is four decimal numbers below 256 without leading zeros (`IPv4address`, RFC 3986 §3.2.2).
    private static func isAddress(_ text: Span<UInt8>) -> Bool {
        var (numbers, number, digits) = (1, 0, 0)
        for index in text.indices {
            if text[index] == UInt8(ascii: ".") {
                guard digits > 0 else { return false }
                (numbers, number, digits) = (numbers + 1, 0, 0)
            } else {
                guard ASCIISet.digits.contains(text[index]), digits == 0 || number > 0 else { return false }
                (number, digits) = (number * 10 + Int(text[index] - UInt8(ascii: "0")), digits + 1)
                guard number < 256 else { return false }
            }
        }
        return numbers == 4 && digits > 0
    }

    private static func bracketedHostBytes(_ authority: Span<UInt8>) -> Int? {
        let count = end(in: authority, from: 1, while: ipAddress.contains)
        let containsColon = end(in: authority, from: 1) { $0 != UInt8(ascii: ":") } < count
        return containsColon && count < authority.count && authority[count] == UInt8(ascii: "]") ? count + 1 : nil
    }

    /// The port after the host; nil without one.
    private static func port(_ rest: Span<UInt8>) throws(HTTPClientError) -> UInt16? {
        guard !rest.isEmpty else { return nil }
        guard rest[0] == UInt8(ascii: ":") else { throw .invalidRequest("the URL has no valid host") }
        let isNumber = rest.count <= 6 && end(in: rest, from: 1, while: ASCIISet.digits.contains) == rest.count
        var number = 0
        if isNumber { for index in 1..<rest.count { number = number * 10 + Int(rest[index] - UInt8(ascii: "0")) } }
        guard let port = UInt16(exactly: number), port > 0 else {
            throw .invalidRequest("the URL has no valid port")
        }
        return port
    }

    private static func checkPathAndQuery(_ bytes: Span<UInt8>) throws(HTTPClientError) {
        let allowed = pathAndQuery
        for index in bytes.indices where !allowed.contains(bytes[index]) {
            guard bytes[index] == UInt8(ascii: "%") else {
                throw .invalidRequest("the URL contains a byte that must be percent-encoded, or a fragment")
            }
            guard end(in: bytes.extracting((index + 1)...), from: 0, while: ASCIISet.hexDigits.contains) >= 2 else {
                throw .invalidRequest("the URL contains a percent sign without two hexadecimal digits")
            }
        }
    }

    /// The index of the first byte from `start` on that does not satisfy `condition`.
    private static func end(in bytes: Span<UInt8>, from start: Int, while condition: (UInt8) -> Bool) -> Int {
        var index = start
        while index < bytes.count, condition(bytes[index]) { index += 1 }
        return index
    }

    private static func lowercased(_ bytes: Span<UInt8>) -> String {
        unsafe String(unsafeUninitializedCapacity: bytes.count) { buffer in
            for index in bytes.indices { unsafe buffer[index] = lowercased(bytes[index]) }
            return bytes.count
        }
    }
}

// MARK: - Character classes of RFC 3986

extension Target {
    private static let unreserved = ASCIISet.letters.union(.digits).union("-._~")
    /// `pchar` with the rest of `query`, without the percent sign.
    private static let pathAndQuery = unreserved.union("!$&'()*+,;=:@/?")
    private static let ipAddress = ASCIISet.hexDigits.union(":.")

    private static func isPathOrQueryStart(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "/") || byte == UInt8(ascii: "?") || byte == UInt8(ascii: "#")
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 {
        UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte ? byte | 0x20 : byte
    }
}
