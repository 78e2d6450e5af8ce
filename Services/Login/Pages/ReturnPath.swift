import ServiceRuntime

/// The path to which a sign-in redirects. It is always a path of this origin, even if a link names another site.
struct ReturnPath: Sendable {
    /// The path, with its query.
    let text: String

    /// The maximum size of a path with its query, which is that of a request target.
    private static let maximumBytes = 8 << 10

    static let account = ReturnPath(checked: "/account")

    /// Nil when a browser might read the text as anything but a path of this origin. `//` and `/\` begin a host name,
    /// and browsers skip tabs and line breaks.
    init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        guard bytes.first == UInt8(ascii: "/"), bytes.dropFirst().first != UInt8(ascii: "/"),
            bytes.count <= Self.maximumBytes,
            bytes.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\\") })
        else { return nil }
        self.text = String(text)
    }

    /// The query with which `/login` and `/signup` return to this path. Nil when it would be longer than a request target
    /// may be.
    var query: String? {
        let query = "?next=\(text.utf8.map(Self.encoded).joined())"
        return "/signup".utf8.count + query.utf8.count <= Self.maximumBytes ? query : nil
    }

    /// A byte of the path as part of the value of a query parameter.
    private static func encoded(_ byte: UInt8) -> String {
        if byte.isURIUnreserved || byte == UInt8(ascii: "/") { return String(Unicode.Scalar(byte)) }
        let hex = String(byte, radix: 16, uppercase: true)
        return hex.utf8.count == 1 ? "%0\(hex)" : "%\(hex)"
    }

    private init(checked text: String) {
        self.text = text
    }
}
