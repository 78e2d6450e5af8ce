import Testing

@testable import JWT

/// The type and the required claims of a policy, and the known claims beyond RFC 7519.
@Suite struct PolicyTests {
    private static let now: NumericDate = 1000
    private let key: Key

    init() throws {
        key = try Key(id: "one", secret: TestToken.secret)
    }

    private static let policies: [String: Policy] = [
        "JWT": Policy(issuers: ["login"], audience: "orders", required: ["iss", "sub", "aud", "exp", "jti"]),
        "logout+jwt": Policy(
            type: "logout+jwt", issuers: ["catalog", "login"], audience: "orders",
            required: ["iss", "sub", "aud", "exp", "jti"]),
        "at+jwt": .oauthAccess(issuer: "login", audience: "orders"),
    ]

    private static func claims(_ type: String) -> Claims {
        Claims(
            issuer: "login", subject: "a", audience: ["orders"], expiresAt: 2000, issuedAt: 900, id: "j",
            others: type == "at+jwt" ? [.init("client_id", "c")] : [])
    }

    private func code(_ claims: Claims, type: String, _ policy: Policy) throws -> JWTError.Code? {
        let token = try Signer(key: key, type: type).sign(claims)
        do throws(JWTError) {
            _ = try Verifier(keys: KeySet(key), policy: policy).verify(token, at: Self.now)
            return nil
        } catch {
            return error.code
        }
    }

    @Test(arguments: policies.keys.sorted())
    func `a policy accepts tokens of its own type and rejects every other type`(type: String) throws {
        for (name, policy) in Self.policies {
            #expect(try code(Self.claims(type), type: type, policy) == (name == type ? nil : .unsupported), "\(name)")
        }
    }

    @Test(arguments: policies.keys.sorted())
    func `a token must name a trusted issuer and must not have expired`(type: String) throws {
        let policy = try #require(Self.policies[type])
        var untrusted = Self.claims(type)
        untrusted.issuer = "someone"
        #expect(try code(untrusted, type: type, policy) == .issuer)
        var old = Self.claims(type)
        old.expiresAt = Self.now
        #expect(try code(old, type: type, policy) == .expired)
    }

    @Test(arguments: policies.keys.sorted())
    func `a token without a required claim is rejected`(type: String) throws {
        let policy = try #require(Self.policies[type])
        let changes: [(inout Claims) -> Void] = [
            { $0.issuer = nil }, { $0.expiresAt = nil }, { $0.audience = [] }, { $0.subject = nil }, { $0.id = nil },
        ]
        for change in changes {
            var claims = Self.claims(type)
            change(&claims)
            #expect(try code(claims, type: type, policy) == .missingClaim)
        }
    }

    @Test(arguments: policies.keys.sorted())
    func `a token for another audience is rejected`(type: String) throws {
        var claims = Self.claims(type)
        claims.audience = ["inbox"]
        #expect(try code(claims, type: type, try #require(Self.policies[type])) == .audience)
    }

    @Test func `an OAuth access token must name its client and its time of issue`() throws {
        for change: (inout Claims) -> Void in [{ $0.others = [] }, { $0.issuedAt = nil }] {
            var claims = Self.claims("at+jwt")
            change(&claims)
            #expect(try code(claims, type: "at+jwt", try #require(Self.policies["at+jwt"])) == .missingClaim)
        }
    }

    @Test func `a known claim beyond RFC 7519 must have its type, unless the policy is that of a corpus`() throws {
        for payload in [
            #"{"scope":["a"]}"#, #"{"sid":1}"#, #"{"username":null}"#, #"{"qsh":{}}"#, #"{"act":"x"}"#,
            #"{"scopes":"a"}"#,
        ] {
            #expect(try rejection(of: TestToken.make(payload: payload)) == .invalidClaim)
            let corpus = Policy(corpusIssuers: nil, audience: nil, leeway: 0, required: [])
            #expect(try rejection(of: TestToken.make(payload: payload), policy: corpus) == nil)
        }
    }

    @Test func `the scopes of a token are the words of scope or the elements of scopes`() throws {
        let verifier = Verifier(keys: KeySet(key), policy: .bare)
        let words = try verifier.verify(TestToken.make(payload: #"{"scope":"orders:read orders:write"}"#), at: 0)
        #expect(words.scopes == ["orders:read", "orders:write"])
        #expect(words.hasScope("orders:read") && !words.hasScope("orders") && !words.hasScope(""))
        let escaped = try verifier.verify(TestToken.make(payload: #"{"scope":"orders\u003aread  x"}"#), at: 0)
        #expect(escaped.hasScope("orders:read") && escaped.hasScope("x") && !escaped.hasScope(""))
        let list = try verifier.verify(TestToken.make(payload: #"{"scopes":["a","b c"]}"#), at: 0)
        #expect(list.scopes == ["a", "b c"])
        #expect(list.hasScope("b c") && !list.hasScope("b"))
        #expect(try verifier.verify(TestToken.make(), at: 0).scopes.isEmpty)
    }
}
