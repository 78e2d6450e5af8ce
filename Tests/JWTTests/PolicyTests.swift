import Testing

@testable import JWT

/// The token kinds of the system: each is refused where another is wanted.
@Suite struct PolicyTests {
    private static let now: NumericDate = 1000
    private let key: Key

    init() throws {
        key = try Key(id: "one", secret: Forge.secret)
    }

    private static let policies: [String: Policy] = [
        "JWT": .access(issuer: "login", audience: "orders"),
        "service+jwt": .service(issuers: ["catalog", "login"], audience: "orders"),
        "link+jwt": .link(issuer: "login", audience: "orders"),
        "revocations+jwt": .revocations(issuer: "login"),
        "at+jwt": .oauthAccess(issuer: "login", audience: "orders"),
    ]

    private static func claims(_ type: String) -> Claims {
        var claims = Claims(
            issuer: "login", subject: "a", audience: ["orders"], expiresAt: 2000, issuedAt: 900, id: "j", queryHash: "q"
        )
        if type == "revocations+jwt" {
            claims = Claims(issuer: "login", expiresAt: 2000, issuedAt: 900)
            claims.others = [.init("seq", 1), .init("reset", true), .init("entries", [])]
        }
        if type == "at+jwt" { claims.others = [.init("client_id", "c")] }
        return claims
    }

    private func kind(_ claims: Claims, type: String, _ policy: Policy) throws -> JWTError.Kind? {
        let token = try Signer(key: key, type: type).sign(claims)
        do throws(JWTError) {
            _ = try Verifier(keys: KeySet(key), policy: policy).verify(token, at: Self.now)
            return nil
        } catch {
            return error.kind
        }
    }

    @Test(arguments: policies.keys.sorted())
    func `a token is taken for its own kind and for no other`(type: String) throws {
        for (name, policy) in Self.policies {
            #expect(try kind(Self.claims(type), type: type, policy) == (name == type ? nil : .unsupported), "\(name)")
        }
    }

    @Test(arguments: policies.keys.sorted())
    func `every kind must name its issuer and its end`(type: String) throws {
        let policy = try #require(Self.policies[type])
        for change: (inout Claims) -> Void in [{ $0.issuer = nil }, { $0.expiresAt = nil }] {
            var claims = Self.claims(type)
            change(&claims)
            #expect(try kind(claims, type: type, policy) == .missingClaim)
        }
        var forged = Self.claims(type)
        forged.issuer = "someone"
        #expect(try kind(forged, type: type, policy) == .issuer)
        var old = Self.claims(type)
        old.expiresAt = Self.now
        #expect(try kind(old, type: type, policy) == .expired)
    }

    @Test(arguments: ["JWT", "service+jwt", "link+jwt", "at+jwt"])
    func `kinds that are for someone say for whom, about whom and which one they are`(type: String) throws {
        let policy = try #require(Self.policies[type])
        for change: (inout Claims) -> Void in [{ $0.audience = [] }, { $0.subject = nil }, { $0.id = nil }] {
            var claims = Self.claims(type)
            change(&claims)
            #expect(try kind(claims, type: type, policy) == .missingClaim)
        }
        var elsewhere = Self.claims(type)
        elsewhere.audience = ["inbox"]
        #expect(try kind(elsewhere, type: type, policy) == .audience)
    }

    @Test func `a link names the request that it is for, and an OAuth token its client`() throws {
        var link = Self.claims("link+jwt")
        link.queryHash = nil
        #expect(try kind(link, type: "link+jwt", .link(issuer: "login", audience: "orders")) == .missingClaim)
        var access = Self.claims("at+jwt")
        access.others = []
        #expect(try kind(access, type: "at+jwt", .oauthAccess(issuer: "login", audience: "orders")) == .missingClaim)
    }

    @Test func `claims of this system are held to their types, unless a corpus asks`() throws {
        for payload in [
            #"{"scope":["a"]}"#, #"{"sid":1}"#, #"{"username":null}"#, #"{"qsh":{}}"#, #"{"act":"x"}"#,
            #"{"scopes":"a"}"#,
        ] {
            #expect(try refusal(of: Forge.token(payload: payload)) == .invalidClaim)
            let corpus = Policy(corpusIssuers: nil, audience: nil, leeway: 0, required: [])
            #expect(try refusal(of: Forge.token(payload: payload), policy: corpus) == nil)
        }
    }

    @Test func `scopes are the words of scope, and the list named scopes is understood`() throws {
        let verifier = Verifier(keys: KeySet(key), policy: .bare)
        let words = try verifier.verify(Forge.token(payload: #"{"scope":"orders:read orders:write"}"#), at: 0)
        #expect(words.scopes == ["orders:read", "orders:write"])
        #expect(words.hasScope("orders:read") && !words.hasScope("orders") && !words.hasScope(""))
        let escaped = try verifier.verify(Forge.token(payload: #"{"scope":"orders\u003aread  x"}"#), at: 0)
        #expect(escaped.hasScope("orders:read") && escaped.hasScope("x") && !escaped.hasScope(""))
        let list = try verifier.verify(Forge.token(payload: #"{"scopes":["a","b c"]}"#), at: 0)
        #expect(list.scopes == ["a", "b c"])
        #expect(list.hasScope("b c") && !list.hasScope("b"))
        #expect(try verifier.verify(Forge.token(), at: 0).scopes.isEmpty)
    }
}
