import Testing

@testable import LoginService

@Suite struct ScopeTests {
    private let granted = Scope.customer

    @Test(arguments: [
        (nil, "orders:read orders:write inbox:read"), ("orders:read", "orders:read"),
        ("inbox:read orders:read", "orders:read inbox:read"),
    ])
    func `a request narrows the granted scope and keeps its order`(requested: String?, scope: String) throws {
        #expect(try granted.narrowed(to: requested).text == scope)
    }

    @Test(arguments: [
        "catalog:write", "orders:read catalog:write", "unknown", " ", "orders:read ", " orders:read",
        "orders:read  inbox:read",
        "orders:read orders:read", "ORDERS:READ", "orders:read\n", "orders:\"read", "orders\\read", "orders:rea\u{0}d",
        "orders:re\u{301}ad", "*",
    ])
    func `a malformed scope or one beyond the grant is invalid`(requested: String) {
        #expect { try granted.narrowed(to: requested) } throws: { ($0 as? OAuthError)?.code == .invalidScope }
    }
}
