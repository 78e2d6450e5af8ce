/// A scope: the names of the permissions of an access token, in a fixed order (RFC 6749 §3.3).
struct Scope: Sendable, Equatable {
    /// The scope of every new account.
    static let customer = Scope(names: ["orders:read", "orders:write", "inbox:read"])
    /// The scope that staff has in addition.
    static let staff = Scope(names: ["catalog:write", "orders:read:all"])

    let names: [String]

    init(names: [String]) {
        self.names = names
    }

    /// Reads names with single spaces between them. Nil when there is no name, when a name has a character that RFC
    /// 6749 does not allow, or when a name is repeated.
    init?(_ text: String) {
        let names = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        guard names.allSatisfy(Self.isName), Set(names).count == names.count else { return nil }
        self.names = names
    }

    /// The names with single spaces between them.
    var text: String { names.joined(separator: " ") }

    /// The names of this scope that `other` has too.
    func intersection(_ other: Scope) -> Scope {
        Scope(names: names.filter(other.names.contains))
    }

    /// Whether this scope has all names of `other`.
    func contains(_ other: Scope) -> Bool {
        other.names.allSatisfy(names.contains)
    }

    /// The names of this scope, followed by those that only `other` has.
    func union(_ other: Scope) -> Scope {
        Scope(names: names + other.names.filter { !names.contains($0) })
    }

    /// Whether a text is a `scope-token` of RFC 6749 §3.3: printable ASCII without quotation marks and backslashes.
    /// Such names can be compared as strings.
    static func isName(_ name: String) -> Bool {
        !name.isEmpty
            && name.utf8.allSatisfy {
                (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
            }
    }
}
