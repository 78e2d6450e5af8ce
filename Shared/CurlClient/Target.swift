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
        let bytes = Array(url.utf8)
        guard bytes.count <= Self.maximumURLBytes else {
            throw .invalidRequest("the URL exceeds \(Self.maximumURLBytes) bytes")
        }
        let (rest, isSecure) = try Self.schemeRemoved(bytes)
        let authority = rest.prefix { !Self.isPathOrQueryStart($0) }
        let (host, portDigits) = try Self.split(authority)
        origin = Origin(
            host: String(decoding: host.lazy.map(Self.lowercased), as: UTF8.self),
            port: try portDigits.map(Self.parsePort) ?? (isSecure ? 443 : 80), isSecure: isSecure)
        try Self.checkPathAndQuery(rest.dropFirst(authority.count))
    }

    private static func schemeRemoved(_ url: [UInt8]) throws(HTTPClientError) -> (ArraySlice<UInt8>, isSecure: Bool) {
        if let rest = rest(of: url, after: "http://") { return (rest, false) }
        if let rest = rest(of: url, after: "https://") { return (rest, true) }
        throw .invalidRequest("the URL is not an absolute http or https URL")
    }

    private static func rest(of url: [UInt8], after scheme: String) -> ArraySlice<UInt8>? {
        let start = url.prefix(scheme.utf8.count).lazy.map(lowercased)
        return start.elementsEqual(scheme.utf8) ? url[start.count...] : nil
    }

    private typealias HostAndPort = (host: ArraySlice<UInt8>, port: ArraySlice<UInt8>?)

    private static func split(_ authority: ArraySlice<UInt8>) throws(HTTPClientError) -> HostAndPort {
        let isBracketed = authority.first == UInt8(ascii: "[")
        guard let host = isBracketed ? bracketedHost(authority) : namedHost(authority) else {
            throw .invalidRequest("the URL has no valid host, or contains user information")
        }
        let rest = authority.dropFirst(host.count)
        guard let colon = rest.first else { return (host, nil) }
        guard colon == UInt8(ascii: ":") else { throw .invalidRequest("the URL has no valid host") }
        return (host, rest.dropFirst())
    }

    private static func namedHost(_ authority: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        let host = authority.prefix { $0 != UInt8(ascii: ":") }
        return !host.isEmpty && host.allSatisfy(unreserved.contains) ? host : nil
    }

    private static func bracketedHost(_ authority: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard let end = authority.firstIndex(of: UInt8(ascii: "]")) else { return nil }
        let address = authority[authority.startIndex...end].dropFirst().dropLast()
        let isAddress = address.allSatisfy(ipAddress.contains)
        return isAddress && address.contains(UInt8(ascii: ":")) ? authority[authority.startIndex...end] : nil
    }

    private static func parsePort(_ digits: ArraySlice<UInt8>) throws(HTTPClientError) -> UInt16 {
        guard digits.count <= 5, digits.allSatisfy(ASCIISet.digits.contains),
            let port = UInt16(String(decoding: digits, as: UTF8.self)), port > 0
        else { throw .invalidRequest("the URL has no valid port") }
        return port
    }

    private static func checkPathAndQuery(_ bytes: ArraySlice<UInt8>) throws(HTTPClientError) {
        let allowed = pathAndQuery
        for (index, byte) in zip(bytes.indices, bytes) where !allowed.contains(byte) {
            guard byte == UInt8(ascii: "%") else {
                throw .invalidRequest("the URL contains a byte that must be percent-encoded, or a fragment")
            }
            let digits = bytes[(index + 1)...].prefix(2)
            guard digits.count == 2, digits.allSatisfy(ASCIISet.hexDigits.contains) else {
                throw .invalidRequest("the URL contains a percent sign without two hexadecimal digits")
            }
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
