import ServiceRuntime

/// The address of a client to which login sends browsers back (RFC 6749 §3.1.2).
///
/// It is `https`, `http` of this machine (`localhost`, `127.0.0.1` or `[::1]`, RFC 9700 §2.6), or has the private-use
/// scheme of an app (RFC 8252 §7.1). It has no user information and no fragment. It is compared byte for byte (RFC 9700
/// §4.1.3), except that a loopback IP address may have any port (RFC 8252 §7.3).
struct RedirectURI: Sendable, Equatable {
    /// The maximum size, in bytes.
    private static let maximumBytes = 1024
    private static let loopbackHosts = ["127.0.0.1", "[::1]"]

    let text: String
    /// The scheme, host and port, as in `http://127.0.0.1:51004`; only the scheme for an app, as in `com.example.app:`.
    let origin: String
    /// The source that stands for the origin in a Content-Security-Policy: the origin, or its scheme for an IP address that
    /// a policy cannot name (CSP Level 3 §6.7.2.9).
    let policySource: String
    /// The text without the port; nil unless the host is a loopback IP address.
    private let textWithoutPort: String?

    init?(_ text: String) {
        guard text.utf8.count <= Self.maximumBytes, Self.isWellFormed(text) else { return nil }
        if let appScheme = Self.privateUseScheme(of: text) {
            self.text = text
            (origin, policySource, textWithoutPort) = (appScheme, appScheme, nil)
            return
        }
        guard let scheme = ["https://", "http://"].first(where: text.hasPrefix) else { return nil }
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

    /// Whether the text has only the characters of URIs (RFC 3986 §2), without `#`, and each `%` begins a byte.
    private static func isWellFormed(_ text: String) -> Bool {
        var bytes = text.utf8.makeIterator()
        while let byte = bytes.next() {
            let isAllowed = byte.isURIUnreserved || "%:/?[]@!$&'()*+,;=".utf8.contains(byte)
            let isPercent = byte == UInt8(ascii: "%")
            guard isAllowed, !isPercent || bytes.next()?.hexDigitValue != nil && bytes.next()?.hexDigitValue != nil
            else { return false }
        }
        return true
    }

    /// The scheme of an app with its colon, as in `com.example.app:/callback`; nil for other URIs.
    ///
    /// It is the reverse of a domain name, so it has a period (RFC 8252 §8.4). A path follows, without a host.
    private static func privateUseScheme(of text: String) -> String? {
        let scheme = text.prefix { $0 != ":" }
        let path = text.dropFirst(scheme.count + 1)
        guard scheme.contains("."), scheme.first?.isLetter == true, scheme == scheme.lowercased(),
            scheme.utf8.allSatisfy({ $0.isASCIILetter || $0.isASCIIDigit || "+-.".utf8.contains($0) }),
            path.hasPrefix("/"), !path.hasPrefix("//")
        else { return nil }
        return scheme + ":"
    }

    /// The host of `host` or `host:port`. Nil for user information, for a host that is not a name or an IP address, and
    /// for a port out of range or with leading zeros.
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
        text.first != "0" && text.utf8.allSatisfy(\.isASCIIDigit) && (Int(text).map((1...65535).contains) ?? false)
    }
}
