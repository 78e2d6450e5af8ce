/// Where to go on after a sign-in: a path of this service, never another site, whatever a link says.
struct ReturnPath: Sendable {
    /// The path, with its query.
    let text: String

    private static let maxBytes = 512

    static let account = ReturnPath(checked: "/account")

    /// Nil when a browser might read the text as anything but a path of this origin: `//` and `/\` begin a host, and tabs
    /// and line breaks are skipped.
    init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        guard bytes.first == UInt8(ascii: "/"), bytes.dropFirst().first != UInt8(ascii: "/"),
            bytes.count <= Self.maxBytes,
            bytes.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\\") })
        else { return nil }
        self.text = String(text)
    }

    private init(checked text: String) {
        self.text = text
    }
}
