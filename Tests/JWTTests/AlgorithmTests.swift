import Testing

@testable import JWT

/// The algorithm of a key, which a token cannot change (RFC 8725 sections 2.1 and 3.1).
@Suite struct AlgorithmTests {
    @Test(arguments: Algorithm.allCases)
    func `a token with the algorithm of its key is accepted`(algorithm: Algorithm) throws {
        let token = TestToken.make(header: #"{"alg":"\#(algorithm.rawValue)"}"#, algorithm)
        #expect(try rejection(of: token, algorithm: algorithm) == nil)
    }

    @Test(arguments: [
        "none", "None", "NONE", "nOnE", "none ", " none", "", "hs256", "Hs256", "HS256 ", " HS256", "HS256\\u0000",
        "HS-256",
        "HS256\\n", "ＨＳ256", "HS2\\u03056", "HS25\u{200B}6", "HS\u{660}256", "НS256", "HS384", "HS512", "HS224", "HS1",
        "RS256", "ES256",
        "PS256", "EdDSA", "ES256K", "A256KW", "dir", "HMACSHA256", "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256",
    ])
    func `an alg that differs in any byte from that of the key is rejected`(name: String) throws {
        let header = #"{"alg":"\#(name)"}"#
        #expect(try rejection(of: TestToken.make(header: header)) == .algorithm)
        let input = TestToken.segment(header.utf8) + "." + TestToken.segment("{}".utf8)
        #expect(try rejection(of: input + ".") == .algorithm)
        #expect(try rejection(of: input + ".AA") == .algorithm)
    }

    @Test(arguments: [
        #"{}"#, #"{"alg":null}"#, #"{"alg":["HS256"]}"#, #"{"alg":{"HS256":1}}"#, #"{"alg":256}"#, #"{"alg":true}"#,
    ])
    func `a header without an alg, or with one of another type, is rejected`(header: String) throws {
        #expect(try rejection(of: TestToken.make(header: header)) == .algorithm)
    }

    @Test func `an alg with escapes is read with its escapes resolved`() throws {
        #expect(try rejection(of: TestToken.make(header: #"{"\u0061lg":"\u0048S256"}"#)) == nil)
    }

    @Test func `a key is used with its own algorithm only, even if the set has others`() throws {
        let first = try Key(.hs256, id: "first", secret: TestToken.secret)
        let second = try Key(.hs512, id: "second", secret: Array(TestToken.secret.reversed()))
        let verifier = Verifier(keys: try KeySet([first, second]), policy: .bare)
        let confused = TestToken.make(header: #"{"alg":"HS512","kid":"first"}"#, .hs512)
        #expect { try verifier.verify(confused, at: 0) } throws: { ($0 as? JWTError)?.code == .algorithm }
        let honest = TestToken.make(header: #"{"alg":"HS256","kid":"first"}"#)
        #expect(try verifier.verify(honest, at: 0).keyID == "first")
    }

    @Test func `an alg in the payload is ignored`() throws {
        #expect(try rejection(of: TestToken.make(header: "{}", payload: #"{"alg":"HS256"}"#)) == .algorithm)
    }

    @Test(arguments: [
        "eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0..AAAA.AAAA.AAAA",
        "eyJhbGciOiJIUzI1NiIsImVuYyI6IkExMjhHQ00ifQ.AAAA.AAAA.AAAA.AAAA",
    ])
    func `an encrypted token is rejected as unsupported`(token: String) throws {
        #expect(try rejection(of: token) == .unsupported)
    }

    @Test func `a token of three parts whose header names an encryption is rejected as unsupported`() throws {
        #expect(try rejection(of: TestToken.make(header: #"{"alg":"HS256","enc":"A256GCM"}"#)) == .unsupported)
    }
}
