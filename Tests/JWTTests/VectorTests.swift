import Foundation
import Testing

@testable import JWT

/// Published test vectors. `Tests/Vectors/README.md` names the source of each file. Every case is run and counted.
@Suite struct VectorTests {
    @Test func `the token of RFC 7515 A.1 is accepted until it expires`() throws {
        let vectors = try Vectors.rfc7515()
        let key = try Vectors.key(vectors["A.1"]?["key"])
        let token = try #require(vectors["A.1"]?["token"] as? String)
        let verifier = Verifier(keys: KeySet(key), policy: Policy(issuers: ["joe"], audience: nil))
        let verified = try verifier.verify(token, at: 1_300_819_379)
        #expect(verified.issuer == "joe")
        #expect(verified["http://example.com/is_root"]?.boolean == true)
        #expect(code { try verifier.verify(token, at: 1_300_819_380) } == .expired)
    }

    @Test func `the other algorithms of RFC 7515 appendix A are rejected`() throws {
        let vectors = try Vectors.rfc7515()
        #expect(vectors.count == 5)
        let verifier = Verifier(keys: KeySet(try Vectors.key(vectors["A.1"]?["key"])), policy: .bare)
        for id in ["A.2", "A.3", "A.4", "A.5"] {
            let token = try #require(vectors[id]?["token"] as? String)
            #expect(code { try verifier.verify(token, at: 0) } == .algorithm)
        }
    }

    @Test func `the tokens of RFC 7797 are rejected`() throws {
        let file = try Vectors.object("rfc7797.json")
        let key = try Vectors.key(file["key"])
        let verifier = Verifier(keys: KeySet(key), policy: .bare)
        let vectors = try #require(file["vectors"] as? [[String: Any]])
        #expect(vectors.count == 2)
        let control = try #require(vectors[0]["compact"] as? String)
        #expect(try verifier.payload(control) == Array("$.02".utf8))
        #expect(code { try verifier.verify(control, at: 0) } == .malformed)
        let detached = try #require(vectors[1]["detached_compact"] as? String)
        #expect(code { try verifier.verify(detached, at: 0) } == .critical)
    }

    @Test func `the HMAC example of RFC 7520 is accepted, and the others are rejected`() throws {
        var accepted: [String] = []
        let names = try Vectors.list("ietf-jose-cookbook/jws") + ["curve25519/jws.json"]
        #expect(names.count == 9)
        for name in names {
            let path = name.contains("/") ? "ietf-jose-cookbook/\(name)" : "ietf-jose-cookbook/jws/\(name)"
            let file = try Vectors.object(path)
            let output = try #require(file["output"] as? [String: Any])
            let key = try (try? Vectors.key((file["input"] as? [String: Any])?["key"])) ?? Key(secret: TestToken.secret)
            let verifier = Verifier(keys: KeySet(key), policy: .bare)
            if let token = output["compact"] as? String, (try? verifier.payload(token)) != nil { accepted.append(name) }
            for form in ["json", "json_flat"] {
                guard let json = output[form] else { continue }
                let text = String(decoding: try JSONSerialization.data(withJSONObject: json), as: UTF8.self)
                #expect(code { try verifier.verify(text, at: 0) } == .malformed)
            }
        }
        #expect(accepted == ["4_4.hmac-sha2_integrity_protection.json"])
    }

    @Test func `the tokens of published tutorials are accepted with their published secrets`() throws {
        let tokens = try #require(try Vectors.object("tutorial_tokens.json")["tokens"] as? [[String: Any]])
        #expect(tokens.count == 5 && tokens.count { $0["verifies"] as? Bool == true } == 4)
        for entry in tokens {
            let (token, secret) = (entry["token"] as? String ?? "", entry["secret"] as? String ?? "")
            let key = try Key(insecureExampleSecret: Array(secret.utf8))
            let verifier = Verifier(keys: KeySet(key), policy: .bare)
            if entry["verifies"] as? Bool == true {
                _ = try verifier.verify(token, at: 1_400_000_000)
                let hasExpiry = (entry["payload"] as? [String: Any])?["exp"] != nil
                #expect(code { try verifier.verify(token, at: 1_700_000_000) } == (hasExpiry ? .expired : nil))
            } else {
                #expect(code { try verifier.verify(token, at: 1_400_000_000) } == .malformed)
            }
        }
    }

    @Test func `the published tokens of HS384 and HS512 are accepted, and no other algorithm accepts them`() throws {
        let vectors = try #require(try Vectors.object("hmac_sha2_tokens.json")["vectors"] as? [[String: Any]])
        #expect(vectors.map { $0["alg"] as? String } == ["HS384", "HS512", "HS384", "HS512"])
        for vector in vectors {
            let secret = try #require((vector["k"] as? String).flatMap(Base64URL.decode))
            let token = try #require(vector["token"] as? String)
            for algorithm in Algorithm.allCases {
                let verifier = Verifier(
                    keys: KeySet(try Key(insecureExampleSecret: secret, algorithm)), policy: .bare)
                let isSame = algorithm.rawValue == vector["alg"] as? String
                #expect(code { try verifier.verify(token, at: 1_300_819_379) } == (isSame ? nil : .algorithm))
                #expect(code { try verifier.verify(token.dropLast() + "", at: 0) } != nil)
            }
        }
    }

    @Test func `the published claims with a life of 365 days are read, with their list of scopes`() throws {
        let examples = try #require(
            try Vectors.object("tutorial_tokens.json")["not_complete_vectors"] as? [[String: Any]])
        let claims = try #require(examples.compactMap { $0["claims"] as? [String: Any] }.first)
        let payload = try JSONSerialization.data(withJSONObject: claims)
        let token = TestToken.make(header: Array(TestToken.plainHeader.utf8), payload: Array(payload))
        let verifier = Verifier(keys: KeySet(try Key(secret: TestToken.secret)), policy: .bare)
        let verified = try verifier.verify(token, at: 1_448_333_418)
        let (issued, expiry) = (try #require(verified.issuedAt), try #require(verified.expiresAt))
        #expect(expiry - issued == 365 * 86_400)
        #expect(verified.scopes == ["admin", "user"])
        #expect(verified.hasScope("admin") && verified.hasScope("user") && !verified.hasScope("admi"))
        #expect(code { try verifier.verify(token, at: 1_448_333_419) } == .expired)
    }

    @Test func `every HMAC signature of Wycheproof gets its expected result, and every other algorithm is rejected`()
        throws
    {
        let file = try Vectors.object("wycheproof/json_web_signature_test.json")
        let corrected = try Vectors.corrections()
        #expect(corrected.count == 6)
        var counts = (hmac: 0, others: 0)
        for (key, tests) in try Vectors.groups(file) {
            for test in tests {
                let (id, token) = try Vectors.token(of: test)
                if let key = try? Vectors.key(key) {
                    counts.hmac += 1
                    let verifier = Verifier(keys: KeySet(key), policy: .bare)
                    let isAccepted = (try? verifier.payload(token)) != nil
                    let expected = corrected[id] ?? (test["result"] as? String ?? "")
                    #expect(isAccepted == (expected == "valid"), "tcId \(id)")
                } else {
                    counts.others += 1
                    #expect(try rejection(of: token) != nil, "tcId \(id)")
                }
            }
        }
        #expect(counts == (40, 361))
    }

    @Test func `a key set of Wycheproof is accepted if it has keys for HMAC, and its other keys are ignored`() throws {
        let file = try Vectors.object("wycheproof/json_web_key_test.json")
        var counts = (accepted: 0, refused: 0)
        for (set, tests) in try Vectors.groups(file) {
            let text = Array(try JSONSerialization.data(withJSONObject: set))
            for test in tests {
                let (id, token) = try Vectors.token(of: test)
                let keys = try? KeySet(jwkSet: text)
                let isAccepted = keys.map { (try? Verifier(keys: $0, policy: .bare).payload(token)) != nil } ?? false
                if isAccepted { counts.accepted += 1 } else { counts.refused += 1 }
                // Case 5 is valid and not HMAC: its key is RSA. Case 1 has an EC key beside the HMAC key. Wycheproof
                // calls that ambiguous; RFC 7517 section 5 says to ignore the EC key, and it verifies nothing here.
                #expect(isAccepted == (test["result"] as? String == "valid" && id != 5 || id == 1), "tcId \(id)")
            }
        }
        #expect(counts == (5, 21))
    }

    @Test func `every older HMAC case of Wycheproof gets its expected result, and every other case is rejected`() throws
    {
        let file = try Vectors.object("wycheproof/json_web_crypto_test.json")
        var counts = (hmac: 0, others: 0)
        for (key, tests) in try Vectors.groups(file) {
            for test in tests {
                let (id, token) = try Vectors.token(of: test)
                if let key = try? Vectors.key(key) {
                    counts.hmac += 1
                    let isAccepted = (try? Verifier(keys: KeySet(key), policy: .bare).payload(token)) != nil
                    #expect(isAccepted == (test["result"] as? String == "valid"), "tcId \(id)")
                } else {
                    counts.others += 1
                    #expect(try rejection(of: token) != nil, "tcId \(id)")
                }
            }
        }
        #expect(counts == (17, 66))
    }

    private func code(_ body: () throws -> VerifiedToken) -> JWTError.Code? {
        do {
            _ = try body()
            return nil
        } catch {
            return (error as? JWTError)?.code
        }
    }
}

extension Verifier {
    /// The payload of a token with a valid signature. Most published vectors are JWS and not JWT, so only that is checked.
    fileprivate func payload(_ token: String) throws -> [UInt8] {
        let (payload, _) = try verifySignature(token.utf8.span)
        guard let bytes = Base64URL.decode(token.utf8.span.extracting(payload)) else {
            throw JWTError(.malformed, "the payload is not strict base64url")
        }
        return bytes
    }
}

/// The files of `Tests/Vectors`, read with Foundation and not with the code under test.
private enum Vectors {
    private static let folder = URL(filePath: #filePath).appending(path: "../../Vectors").standardized

    static func object(_ path: String) throws -> [String: Any] {
        let data = try Data(contentsOf: folder.appending(path: path))
        return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    static func list(_ path: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.appending(path: path).path()).sorted()
    }

    /// The HMAC key of a JWK. Throws for every other kind of key.
    static func key(_ jwk: Any?) throws -> Key {
        guard var jwk = jwk as? [String: Any] else { throw KeyError(.notAKeySet, "") }
        if jwk["kty"] as? String == "oct", jwk["alg"] == nil { jwk["alg"] = "HS256" }
        let set = try JSONSerialization.data(withJSONObject: ["keys": [jwk]])
        return try KeySet(jwkSet: Array(set)).signingKey
    }

    static func rfc7515() throws -> [String: [String: Any]] {
        let vectors = try #require(try object("rfc7515_appendix_a.json")["vectors"] as? [[String: Any]])
        return Dictionary(uniqueKeysWithValues: vectors.map { ($0["id"] as? String ?? "", $0) })
    }

    static func groups(_ file: [String: Any]) throws -> [(key: Any, tests: [[String: Any]])] {
        try #require(file["testGroups"] as? [[String: Any]]).map {
            ($0["private"] ?? $0["public"] ?? [:], $0["tests"] as? [[String: Any]] ?? [])
        }
    }

    /// The number and the token of a case. The JSON serialization is returned as text.
    static func token(of test: [String: Any]) throws -> (id: Int, token: String) {
        let value = test["jws"] ?? test["jwe"] ?? ""
        let id = try #require(test["tcId"] as? Int)
        if let token = value as? String { return (id, token) }
        return (id, String(decoding: try JSONSerialization.data(withJSONObject: value), as: UTF8.self))
    }

    static func corrections() throws -> [Int: String] {
        let cases = try #require(try object("wycheproof/known_issues.json")["cases"] as? [[String: Any]])
        return Dictionary(
            uniqueKeysWithValues: cases.map { ($0["tcId"] as? Int ?? 0, $0["treat_as"] as? String ?? "") })
    }
}
