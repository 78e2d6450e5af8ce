import Testing

@testable import JWT
@testable import Libcrypto

/// The beginning that a key has hashed in advance. It must not change any signature.
@Suite struct PreparedKeyTests {
    @Test(arguments: [Algorithm.hs256, .hs384, .hs512])
    func `a signature covers the whole token, however long its prepared beginning is`(
        algorithm: Algorithm
    ) throws {
        let secret = Array("0123456789abcdef".utf8) + Array(repeating: 7, count: 48)
        for idCount in [0, 1, 7, 17, 36, 100, 256] {
            let id = idCount == 0 ? nil : String(repeating: "k", count: idCount)
            let key = try Key(algorithm, id: id, secret: secret)
            for issuer in [nil, "", "http://localhost:8080", "\"quoted\"", String(repeating: "é", count: 90)] {
                let token = try Signer(key: key).sign(Claims(issuer: issuer, subject: "ada", expiresAt: 2000))
                let parts = token.split(separator: ".")
                let code = HMACKey(algorithm.function, secret: secret).code(for: "\(parts[0]).\(parts[1])".utf8.span)
                #expect(Base64URL.encode(code) == parts[2])
                for trusted in [nil, issuer.map { [$0] }, ["another", issuer ?? ""]] {
                    let policy = Policy(issuers: issuer == nil ? nil : trusted, audience: nil)
                    let verified = try Verifier(keys: KeySet(key), policy: policy).verify(token, at: 1000)
                    #expect(verified.subject == "ada")
                }
            }
        }
    }

    @Test func `a token with any one character changed is rejected`() throws {
        let key = try Key(id: "a-key-with-a-longer-name", secret: Array("0123456789abcdef0123456789ABCDEF".utf8))
        let policy = Policy(issuers: ["https://login.example"], audience: nil)
        let verifier = Verifier(keys: KeySet(key), policy: policy)
        let token = Array(
            try Signer(key: key).sign(Claims(issuer: "https://login.example", subject: "ada", expiresAt: 2000)).utf8)
        #expect(throws: Never.self) { try verifier.verify(token.span, at: 1000) }
        for index in token.indices where token[index] != UInt8(ascii: ".") {
            var changed = token
            changed[index] = changed[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            #expect(throws: JWTError.self, "\(index)") { try verifier.verify(changed.span, at: 1000) }
        }
    }

    @Test func `a token that is shorter than the prepared beginning is signed and verified`() throws {
        let key = try Key(id: "k", secret: Array("0123456789abcdef0123456789ABCDEF".utf8))
        let issuer = String(repeating: "i", count: 300)
        let verifier = Verifier(keys: KeySet(key), policy: Policy(issuers: [issuer], audience: nil, required: []))
        let token = try Signer(key: key).sign(Claims(subject: "a"))
        #expect { try verifier.verify(token, at: 0) } throws: {
            ($0 as? JWTError)?.code == .missingClaim
        }
    }
}
