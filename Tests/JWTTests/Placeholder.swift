import Testing

@testable import JWT

@Suite struct RoundTripTests {
    @Test func `what is signed is verified`() throws {
        let keys = KeySet(try .generate(id: "2025-11"))
        let token = try Signer(keys: keys).sign(
            Claims(
                issuer: "https://login.example", subject: "someone", audience: ["orders"], expiresAt: 2000, id: "one",
                scope: "orders:read", actor: "caller", others: [.init("seq", 5)]))
        let policy = Policy.access(issuer: "https://login.example", audience: "orders")
        let verified = try Verifier(keys: keys, policy: policy).verify(token, at: 1999)
        #expect(verified.subject == "someone")
        #expect(verified.hasScope("orders:read"))
        #expect(verified.actor == "caller")
        #expect(verified["seq"]?.integer == 5)
        #expect(verified.keyID == "2025-11")
        #expect(throws: JWTError.self) { try Verifier(keys: keys, policy: policy).verify(token, at: 2000) }
    }
}
