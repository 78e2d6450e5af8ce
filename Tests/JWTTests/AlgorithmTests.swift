import Testing

@testable import JWT

/// The algorithm is the key's, never the token's (RFC 8725 sections 2.1 and 3.1).
@Suite struct AlgorithmTests {
    @Test(arguments: Algorithm.allCases)
    func `a token signed with the key's algorithm is accepted`(algorithm: Algorithm) throws {
        let token = Forge.token(header: #"{"alg":"\#(algorithm.rawValue)"}"#, algorithm)
        #expect(try refusal(of: token, algorithm: algorithm) == nil)
    }

    @Test(arguments: [
        "none", "None", "NONE", "nOnE", "none ", " none", "", "hs256", "Hs256", "HS256 ", " HS256", "HS256\\u0000",
        "HS-256",
        "HS256\\n", "ＨＳ256", "HS2\\u03056", "HS25\u{200B}6", "HS\u{660}256", "НS256", "HS384", "HS512", "HS224", "HS1",
        "RS256", "ES256",
        "PS256", "EdDSA", "ES256K", "A256KW", "dir", "HMACSHA256", "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256",
    ])
    func `an algorithm that is not the key's own, byte by byte, is refused`(name: String) throws {
        let header = #"{"alg":"\#(name)"}"#
        #expect(try refusal(of: Forge.token(header: header)) == .algorithm)
        let input = Forge.segment(header.utf8) + "." + Forge.segment("{}".utf8)
        #expect(try refusal(of: input + ".") == .algorithm)
        #expect(try refusal(of: input + ".AA") == .algorithm)
    }

    @Test(arguments: [
        #"{}"#, #"{"alg":null}"#, #"{"alg":["HS256"]}"#, #"{"alg":{"HS256":1}}"#, #"{"alg":256}"#, #"{"alg":true}"#,
    ])
    func `a header that names no algorithm is refused`(header: String) throws {
        #expect(try refusal(of: Forge.token(header: header)) == .algorithm)
    }

    @Test func `an escaped algorithm name is the name it stands for`() throws {
        #expect(try refusal(of: Forge.token(header: #"{"\u0061lg":"\u0048S256"}"#)) == nil)
    }

    @Test func `a key is used with its own algorithm only, whichever others the set has`() throws {
        let first = try Key(.hs256, id: "first", secret: Forge.secret)
        let second = try Key(.hs512, id: "second", secret: Array(Forge.secret.reversed()))
        let verifier = Verifier(keys: try KeySet([first, second]), policy: .bare)
        let confused = Forge.token(header: #"{"alg":"HS512","kid":"first"}"#, .hs512)
        #expect { try verifier.verify(confused, at: 0) } throws: { ($0 as? JWTError)?.code == .algorithm }
        let honest = Forge.token(header: #"{"alg":"HS256","kid":"first"}"#)
        #expect(try verifier.verify(honest, at: 0).keyID == "first")
    }

    @Test func `the algorithm counts in the protected header alone`() throws {
        #expect(try refusal(of: Forge.token(header: "{}", payload: #"{"alg":"HS256"}"#)) == .algorithm)
    }

    @Test(arguments: [
        "eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0..AAAA.AAAA.AAAA",
        "eyJhbGciOiJIUzI1NiIsImVuYyI6IkExMjhHQ00ifQ.AAAA.AAAA.AAAA.AAAA",
    ])
    func `an encrypted token is refused as one`(token: String) throws {
        #expect(try refusal(of: token) == .unsupported)
    }

    @Test func `a header that names a content encryption is refused in three parts too`() throws {
        #expect(try refusal(of: Forge.token(header: #"{"alg":"HS256","enc":"A256GCM"}"#)) == .unsupported)
    }
}
