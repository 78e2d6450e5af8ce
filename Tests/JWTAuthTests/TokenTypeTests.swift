import JWT
import JWTAuth
import Testing

@Suite struct TokenTypeTests {
    private static let now: NumericDate = 1000
    private static let types: [TokenType] = [.access, .service, .link, .revocationPage, .revocationFileLine]
    private static let expiringTypes = types.filter { $0.lifetimeSeconds != nil }
    private static let typesWithAudience: [TokenType] = [.access, .service, .link]

    private let keys: KeySet

    init() throws {
        keys = KeySet(try Key.generate(id: "one"))
    }

    private static func claims(_ type: TokenType) -> Claims {
        guard typesWithAudience.contains(where: { $0.typ == type.typ }) else {
            return Claims(
                issuer: "login", expiresAt: type.expiry(issuedAt: now), issuedAt: now,
                others: [.init("seq", 1), .init("reset", true), .init("entries", [])])
        }
        return Claims(
            issuer: "login", subject: "a", audience: ["orders"], expiresAt: type.expiry(issuedAt: now), issuedAt: now,
            id: "j", queryHash: "q")
    }

    /// The code of the error with which a verifier of `policyType` rejects the claims; nil when it accepts them.
    private func code(
        _ claims: Claims, _ type: TokenType, verifiedAs policyType: TokenType? = nil, at time: NumericDate = now
    ) throws -> JWTError.Code? {
        let token = try type.signer(keys: keys).sign(claims)
        let hasAudience = Self.typesWithAudience.contains { $0.typ == (policyType ?? type).typ }
        let policy = (policyType ?? type).policy(issuers: ["login"], audience: hasAudience ? "orders" : nil)
        do throws(JWTError) {
            _ = try Verifier(keys: keys, policy: policy).verify(token, at: time)
            return nil
        } catch {
            return error.code
        }
    }

    @Test(arguments: types)
    func `a token is accepted as its own type and rejected as every other type`(type: TokenType) throws {
        for other in Self.types {
            let expected: JWTError.Code? = other.typ == type.typ ? nil : .unsupported
            #expect(try code(Self.claims(type), type, verifiedAs: other) == expected, "\(other.typ)")
        }
    }

    @Test(arguments: types)
    func `a token must name the issuer that the verifier trusts`(type: TokenType) throws {
        var claims = Self.claims(type)
        claims.issuer = nil
        #expect(try code(claims, type) == .missingClaim)
        claims.issuer = "someone"
        #expect(try code(claims, type) == .issuer)
    }

    @Test(arguments: expiringTypes)
    func `a token expires after the lifetime of its type`(type: TokenType) throws {
        let expiry = try #require(type.expiry(issuedAt: Self.now))
        #expect(try code(Self.claims(type), type, at: expiry + -1) == nil)
        #expect(try code(Self.claims(type), type, at: expiry) == .expired)
        var claims = Self.claims(type)
        claims.expiresAt = nil
        #expect(try code(claims, type) == .missingClaim)
    }

    @Test(arguments: typesWithAudience)
    func `a token for a service must name its audience, its subject and its id`(type: TokenType) throws {
        for change: (inout Claims) -> Void in [{ $0.audience = [] }, { $0.subject = nil }, { $0.id = nil }] {
            var claims = Self.claims(type)
            change(&claims)
            #expect(try code(claims, type) == .missingClaim)
        }
        var claims = Self.claims(type)
        claims.audience = ["inbox"]
        #expect(try code(claims, type) == .audience)
    }

    @Test func `a link without the hash of its request is rejected`() throws {
        var claims = Self.claims(.link)
        claims.queryHash = nil
        #expect(try code(claims, .link) == .missingClaim)
    }

    @Test func `a page of the revocation feed must have its number, its reset mark and its entries`() throws {
        for index in 0..<3 {
            var claims = Self.claims(.revocationPage)
            claims.others.remove(at: index)
            #expect(try code(claims, .revocationPage) == .missingClaim)
        }
    }

    @Test(arguments: types)
    func `a verifier rejects a token above the size limit of its type`(type: TokenType) throws {
        let policy = type.policy(issuers: ["login"], audience: nil)
        let text = String(repeating: "A", count: type.maximumBytes + 1)
        let error = #expect(throws: JWTError.self) {
            try Verifier(keys: keys, policy: policy).verify(text, at: Self.now)
        }
        #expect(error?.code == .limit)
        #expect(throws: JWTError.self) {
            try Verifier(keys: keys, policy: policy).verify(String(text.dropLast()), at: 0)
        }
        .map { #expect($0.code == .malformed) }
    }
}
