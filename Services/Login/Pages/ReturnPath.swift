import ServiceRuntime

/// The path to which a sign-in redirects. It is always a path of this origin, even if a link names another site.
struct ReturnPath: Sendable {
    /// The path, with its query.
    let text: String

    static let account = ReturnPath(checked: "/account")

    /// Nil when a browser might read the text as anything but a path of this origin. `//` and `/\` begin a host name,
    /// and browsers skip tabs and line breaks.
    init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        guard bytes.first == UInt8(ascii: "/"), bytes.dropFirst().first != UInt8(ascii: "/"),
            bytes.count <= RequestTarget.maximumBytes,
            bytes.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\\") })
        else { return nil }
        self.text = String(text)
    }

    /// The query with which `/login` and `/signup` return to this path. Nil when it would be longer than a request target
    /// may be.
    var query: String? {
        let query = "?next=\(text.utf8.map { $0 == UInt8(ascii: "/") ? "/" : $0.percentEncoded }.joined())"
        return "/signup".utf8.count + query.utf8.count <= RequestTarget.maximumBytes ? query : nil
    }

    private init(checked text: String) {
        self.text = text
    }
}
