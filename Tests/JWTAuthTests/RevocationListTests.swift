import Foundation
import JWT
import ServiceRuntime
import TestSupport
import Testing

@testable import JWTAuth

@Suite struct RevocationListTests {
    private let clock = TestClock()
    private var mint: TokenMint { TokenMint(clock) }
    private var now: NumericDate { NumericDate(clock.now) }

    private func verifier() throws -> Verifier {
        Verifier(
            keys: KeySet(try Key(secret: Array(TokenMint.secret.utf8))),
            policy: TokenType.access.policy(issuers: [TokenMint.issuer], audience: "orders"))
    }

    private func token(_ change: (inout Claims) -> Void) throws -> VerifiedToken {
        var claims = mint.userClaims(UUID(), audience: "orders", scope: "")
        claims.sessionID = "s"
        claims.id = "t"
        claims.subject = "a"
        change(&claims)
        return try verifier().verify(mint.sign(claims), at: now)
    }

    private func list(_ entries: (Revocation.Kind, String, Int64?)...) -> RevocationList {
        let list = RevocationList()
        let revocations = entries.map { kind, id, before in
            Revocation(kind: kind, id: id, before: before.map { now + $0 }, expiresAt: now + 600)
        }
        #expect(list.add(revocations))
        return list
    }

    @Test(arguments: [
        (Revocation.Kind.session, "s", true), (.session, "t", false), (.session, "a", false), (.session, "S", false),
        (.token, "t", true), (.token, "s", false), (.token, "a", false),
    ])
    func `an entry revokes the tokens that have its id in the claim of its kind`(
        kind: Revocation.Kind, id: String, isRevoked: Bool
    ) throws {
        let token = try token { _ in }
        #expect(list((kind, id, nil)).isRevoked(token) == isRevoked)
    }

    @Test func `a token without a session is revoked by its id and by its account`() throws {
        let token = try token { $0.sessionID = nil }
        #expect(!list((.session, "s", nil)).isRevoked(token))
        #expect(list((.token, "t", nil)).isRevoked(token))
        #expect(list((.account, "a", 1)).isRevoked(token))
    }

    @Test func `an entry of a client revokes the tokens that were issued to it before a time`() throws {
        let (token, other) = (try token { $0.others = [.init("client_id", "c")] }, try token { _ in })
        #expect(list((.client, "c", 1)).isRevoked(token))
        #expect(!list((.client, "c", 0)).isRevoked(token))
        #expect(!list((.client, "C", 1)).isRevoked(token))
        #expect(!list((.client, "a", 1)).isRevoked(token))
        #expect(!list((.client, "c", 1)).isRevoked(other))
        #expect(list((.client, "c", 0), (.client, "c", 1)).isRevoked(token))
        #expect(list((.client, "c", 1)).entries.map(\.revocation.kind) == [.client])
    }

    @Test func `a token whose session has escapes or letters beyond ASCII is revoked`() throws {
        for id in ["a\"b\\c\n", "zoë", ""] {
            let token = try token { $0.sessionID = id }
            #expect(list((.session, id, nil)).isRevoked(token))
            #expect(!list((.session, id + "x", nil)).isRevoked(token))
        }
    }

    @Test(arguments: [(1, true), (0, false), (-1, false)])
    func `the entry of an account revokes the tokens that were issued before its time`(before: Int64, isRevoked: Bool)
        throws
    {
        let (token, timeless) = (try token { _ in }, try token { $0.issuedAt = nil })
        #expect(list((.account, "a", before)).isRevoked(token) == isRevoked)
        #expect(list((.account, "a", before)).isRevoked(timeless))
        #expect(!list((.account, "b", before)).isRevoked(token))
    }

    @Test func `two entries for the same id combine to the later time and the later expiry`() throws {
        let token = try token { _ in }
        #expect(list((.account, "a", 1), (.account, "a", -5)).isRevoked(token))
        let list = RevocationList()
        #expect(list.add([600, 60].map { Revocation(kind: .session, id: "s", before: nil, expiresAt: now + $0) }))
        #expect(list.removeExpired(at: (now + 659, .seconds(1))) == nil)
        #expect(list.isRevoked(token))
    }

    @Test func `an entry is removed a minute after it expires`() throws {
        let list = list((.session, "s", nil), (.token, "x", nil), (.account, "y", 0))
        #expect(list.removeExpired(at: (now + 659, .seconds(1))) == nil)
        #expect(list.count == 3)
        #expect(list.removeExpired(at: (now + 660, .seconds(1))) == now + 600)
        #expect(list.count == 0)
    }

    @Test func `an entry is removed only when it has expired by both clocks`() {
        let list = RevocationList()
        #expect(list.add([Revocation(kind: .session, id: "s", expiresAt: now + 600)], keptUntil: .seconds(900)))
        #expect(list.removeExpired(at: (now + 10_000, .seconds(899))) == nil)
        #expect(list.removeExpired(at: (now + 659, .seconds(900))) == nil)
        #expect(list.count == 1)
        #expect(list.removeExpired(at: (now + 660, .seconds(900))) == now + 600)
        #expect(list.count == 0)
    }

    @Test func `the time of an entry counts only for the kinds that require one`() throws {
        let token = try token { _ in }
        #expect(list((.session, "s", -5)).isRevoked(token))
        #expect(list((.token, "t", -5)).isRevoked(token))
    }

    @Test func `a full list accepts only entries for ids that it has`() {
        let list = RevocationList(maximumEntries: 2)
        func entry(_ id: String) -> Revocation { .init(kind: .token, id: id, before: nil, expiresAt: now + 60) }
        #expect(list.add([entry("a"), entry("b")]))
        #expect(list.add([entry("b"), entry("a")]))
        #expect(!list.add([entry("b"), entry("c")]))
        #expect(list.count == 2)
    }
}

extension RevocationList {
    /// Adds revocations that the list keeps by the steady clock until this time.
    func add(_ revocations: [Revocation], keptUntil: Duration = .zero) -> Bool {
        add(revocations.map { Entry(revocation: $0, keptUntil: keptUntil) })
    }
}
