/// What a token lets its bearer do: names in a fixed order, written with single spaces between them (RFC 6749 §3.3).
struct Scope: Sendable, Equatable {
    /// What every new account may do.
    static let customer = Scope(names: ["orders:read", "orders:write", "inbox:read"])
    /// What staff may do besides.
    static let staff = Scope(names: ["catalog:write", "orders:read:all"])

    let names: [String]

    init(names: [String]) {
        self.names = names
    }

    /// Reads names with single spaces between them. Nil when there is none, when one has a character that RFC 6749 does
    /// not allow in scopes, or when one stands there twice.
    init?(_ text: String) {
        let names = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        guard names.allSatisfy(Self.isName), Set(names).count == names.count else { return nil }
        self.names = names
    }

    var text: String { names.joined(separator: " ") }

    /// The names that `other` has too.
    func intersection(_ other: Scope) -> Scope {
        Scope(names: names.filter(other.names.contains))
    }

    /// The names of this scope, and then those that only `other` has.
    func union(_ other: Scope) -> Scope {
        Scope(names: names + other.names.filter { !names.contains($0) })
    }

    /// `scope-token` of RFC 6749 §3.3: printable ASCII without the quotation mark and the backslash. Being ASCII, names
    /// can be compared as strings.
    static func isName(_ name: String) -> Bool {
        !name.isEmpty
            && name.utf8.allSatisfy {
                (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
            }
    }
}

extension Scope {
    /// What is left when no more than `requested` is wanted; everything when nothing is said.
    ///
    /// - Throws: `OAuthError` with `invalid_scope` when `requested` is malformed or has a name that is not in this scope.
    func narrowed(to requested: String?) throws(OAuthError) -> Scope {
        guard let requested else { return self }
        guard let wanted = Scope(requested) else {
            throw OAuthError(.invalidScope, "A scope is a list of names with single spaces between them.")
        }
        guard wanted.names.allSatisfy(names.contains) else {
            throw OAuthError(.invalidScope, "The scope has a name that is unknown, or not granted to this account.")
        }
        return intersection(wanted)
    }
}
