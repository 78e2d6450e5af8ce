import Hummingbird

/// The path to which a sign-in redirects. It is always a path of this origin, even if a link names another site.
struct ReturnPath: Sendable {
    /// The path, with its query.
    let text: String

    /// The maximum size of a path with its query, which is that of a request target.
    private static let maximumBytes = 8 << 10

    static let account = ReturnPath(checked: "/account")

    /// The path that the query parameter `next` names; nil without one, or with one that is not allowed.
    init?(of request: Request) {
        guard let text = request.uri.queryParameters["next"] else { return nil }
        self.init(text)
    }

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

    private init(checked text: String) {
        self.text = text
    }
}
