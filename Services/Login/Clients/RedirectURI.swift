import ServiceRuntime

/// The address of a client to which login sends browsers back (RFC 6749 §3.1.2).
///
/// It is `https`, or `http` of this machine: `localhost`, `127.0.0.1` or `[::1]` (RFC 9700 §2.6). It has no user
/// information and no fragment. It is compared byte for byte (RFC 9700 §4.1.3), except that a loopback IP address may
/// have any port (RFC 8252 §7.3).
struct RedirectURI: Sendable, Equatable {
    /// The maximum size, in bytes.
    private static let maximumBytes = 1024
    private static let loopbackHosts = ["127.0.0.1", "[::1]"]

    let text: String
    /// The scheme, host and port, as in `http://127.0.0.1:51004`.
    let origin: String
    /// The source that stands for the origin in a Content-Security-Policy: the origin, or its scheme for an IP address that
    /// a policy cannot name (CSP Level 3 §6.7.2.9).
    let policySource: String
    /// The text without the port; nil unless the host is a loopback IP address.
    private let textWithoutPort: String?

    init?(_ text: String) {
        guard text.utf8.count <= Self.maximumBytes, text.utf8.allSatisfy(Self.isAllowed),
            let scheme = ["https://", "http://"].first(where: text.hasPrefix)
        else { return nil }
        let rest = text.dropFirst(scheme.count)
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        guard let host = Self.host(of: authority) else { return nil }
        let isLoopback = Self.loopbackHosts.contains(host)
        guard scheme == "https://" || isLoopback || host == "localhost" else { return nil }
        self.text = text
        origin = scheme + authority
        let canBeNamed = host == "127.0.0.1" || host.contains(where: \.isLetter) && !host.hasPrefix("[")
        policySource = canBeNamed ? origin : String(scheme.dropLast(2))
        textWithoutPort = isLoopback && scheme == "http://" ? scheme + host + rest.dropFirst(authority.count) : nil
    }

    /// Whether a requested URI is this registered one.
    func matches(_ requested: RedirectURI) -> Bool {
        if text.utf8.elementsEqual(requested.text.utf8) { return true }
        guard let mine = textWithoutPort, let other = requested.textWithoutPort else { return false }
        return mine.utf8.elementsEqual(other.utf8)
    }

    /// The URI with parameters added to its query.
    func adding(_ parameters: [(name: String, value: String)]) -> String {
        let query = parameters.map { "\($0.name)=\(URLEncodedForm.encode($0.value))" }.joined(separator: "&")
        return text + (text.contains("?") ? "&" : "?") + query
    }

    /// The characters of URIs (RFC 3986 §2), without `#`.
    private static func isAllowed(_ byte: UInt8) -> Bool {
        byte.isURIUnreserved || "%:/?[]@!$&'()*+,;=".utf8.contains(byte)
    }

    /// The host of `host` or `host:port`. Nil for user information, for a host that is not a name or an IP address, and
    /// for a port out of range.
    private static func host(of authority: Substring) -> String? {
        let host: Substring
        if authority.hasPrefix("["), let end = authority.firstIndex(of: "]") {
            host = authority[...end]
            guard host.dropFirst().dropLast().utf8.allSatisfy({ $0.hexDigitValue != nil || $0 == UInt8(ascii: ":") })
            else { return nil }
        } else {
            host = authority.prefix { $0 != ":" }
            guard host.utf8.allSatisfy({ $0.isASCIILetter || $0.isASCIIDigit || "-.".utf8.contains($0) }) else {
                return nil
            }
        }
        let rest = authority[host.endIndex...]
        guard !host.isEmpty, rest.isEmpty || rest.first == ":" && isPort(rest.dropFirst()) else { return nil }
        return String(host)
    }

    private static func isPort(_ text: Substring) -> Bool {
        text.utf8.allSatisfy(\.isASCIIDigit) && (Int(text).map((1...65535).contains) ?? false)
    }
}
