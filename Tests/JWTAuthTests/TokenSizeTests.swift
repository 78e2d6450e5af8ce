import HTTPTypes
import JWT
import ServiceRuntime
import TestSupport
import Testing

@testable import JWTAuth

/// The sizes of tokens in bytes, with names as long as those of this system. `PasswordGrantTests` has the budget of access
/// tokens, which login issues.
@Suite struct TokenSizeTests {
    private let fixture = AuthenticatorFixture()
    private let issuer: ServiceTokenIssuer
    private let signer: Signer

    init() throws {
        let keys = KeySet(try Key.generate(id: "2026-11-29-a1b2"))
        issuer = ServiceTokenIssuer(issuer: "catalog", keys: KeySource(keys), clock: fixture.clock.clock)
        signer = TokenType.revocationPage.signer(keys: keys)
    }

    @Test func `a service token has at most 500 bytes`() throws {
        let token = try issuer.token(
            for: "catalog", scope: "tokens:introspect", onBehalfOf: fixture.user.lowercase, method: .put, path: "/a?b=c"
        )
        #expect((450...500).contains(token.utf8.count), "\(token.utf8.count)")
    }

    @Test func `a link token has at most 500 bytes, and its URL fits into the line of a request`() throws {
        let user = try #require(Identity(fixture.verified(fixture.token())))
        let token = try issuer.link(to: "/orders/\(fixture.user.lowercase)/receipt", for: user).token
        #expect((400...500).contains(token.utf8.count), "\(token.utf8.count)")
    }

    @Test(arguments: [0, 1, 100, 10_000])
    func `a page of revocations has at most 400 bytes, and 130 more for each revocation`(count: Int) throws {
        let now = NumericDate(fixture.clock.now)
        let entries = (0..<count).map { _ in
            Revocation(kind: .session, id: fixture.user.lowercase, expiresAt: now + 600)
        }
        let page = RevocationPage(
            seq: .max, epoch: fixture.user.lowercase, after: .max, isReset: true, entries: entries)
        let token = try signer.sign(
            Claims(
                issuer: TokenMint.issuer, expiresAt: TokenType.revocationPage.expiry(issuedAt: now), issuedAt: now,
                others: page.claims))
        #expect(token.utf8.count <= 400 + 130 * count, "\(token.utf8.count)")
        #expect(token.utf8.count <= TokenType.revocationPage.maximumBytes / 2)
    }
}
