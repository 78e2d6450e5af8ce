import NIOCore

/// The URL of an HTTP server in the spelling of browsers (RFC 6454 §6.2), so equal origins are equal texts.
///
/// The host is in lower case, an IP address has its shortest form, and the port is missing if it is the default of the scheme.
public struct CanonicalURL: Sendable, Equatable {
    /// Scheme, host and port: `https://shop.example`.
    public let origin: String
    /// The path as it is written; empty if the URL has no path.
    public let path: String

    /// The whole URL.
    public var text: String { origin + path }

    /// Parses a URL with the scheme `http` or `https`, in ASCII, without user, query and fragment. Nil for any other text.
    ///
    /// A host name outside ASCII has a second spelling, `xn--…`, which is the one that browsers send.
    public init?(_ text: String) {
        guard let scheme = ["http", "https"].first(where: { text.hasPrefix("\($0)://") }) else { return nil }
        let rest = text.dropFirst(scheme.count + 3)
        let authority = rest.prefix { $0 != "/" }
        path = String(rest.dropFirst(authority.count))
        guard path.utf8.allSatisfy(\.isPathByte) else { return nil }
        let colon = authority.lastIndex(of: ":").flatMap { authority[$0...].contains("]") ? nil : $0 }
        guard let host = Self.host(authority[..<(colon ?? authority.endIndex)]),
            let port = Self.port(colon.map { authority[$0...].dropFirst() }, scheme: scheme)
        else { return nil }
        origin = "\(scheme)://\(host)\(port)"
    }

    /// The host in lower case. A host in brackets, or whose last label begins with a digit, must be an IP address.
    private static func host(_ text: Substring) -> String? {
        if text.hasPrefix("["), text.hasSuffix("]") {
            let address = try? SocketAddress(ipAddress: String(text.dropFirst().dropLast()), port: 0)
            guard let address, case .v6 = address else { return nil }
            return address.ipAddress.map { "[\($0)]" }
        }
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        guard labels.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(\.isHostNameByte) }) else { return nil }
        guard labels.last?.utf8.first?.isASCIIDigit == true else { return text.lowercased() }
        return (try? SocketAddress(ipAddress: String(text), port: 0))?.ipAddress
    }

    /// The port with its colon; empty for the default of the scheme.
    private static func port(_ text: Substring?, scheme: String) -> String? {
        guard let text, !text.isEmpty else { return "" }
        guard text.utf8.allSatisfy(\.isASCIIDigit), let port = Int(text), (1...65535).contains(port) else { return nil }
        return port == (scheme == "https" ? 443 : 80) ? "" : ":\(port)"
    }
}

extension UInt8 {
    /// Whether the byte may stand in a host name. The underscore is not in RFC 1123, but container networks use it.
    fileprivate var isHostNameByte: Bool {
        isASCIILetter || isASCIIDigit || self == UInt8(ascii: "-") || self == UInt8(ascii: "_")
    }

    /// Whether the byte may stand in a path (RFC 3986 §3.3). `@` is left out, because it is often a user at the wrong end.
    fileprivate var isPathByte: Bool {
        isURIUnreserved || "/%!$&'()*+,;=:".utf8.contains(self)
    }
}
