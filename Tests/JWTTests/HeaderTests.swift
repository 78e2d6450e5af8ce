import Testing

@testable import JWT

/// The parameters of a header (RFC 7515 section 4, RFC 7797, RFC 8725).
@Suite struct HeaderTests {
    @Test(arguments: [
        #""crit":["exp"],"exp":1"#, #""crit":["b64"],"b64":true"#, #""crit":["b64"],"b64":false"#, #""crit":[]"#,
        #""crit":null"#,
        #""crit":"exp""#, #""crit":["alg"]"#, #""crit":{}"#, #""\u0063rit":["x"],"x":0"#,
    ])
    func `a header with crit is rejected, whatever it lists`(members: String) throws {
        #expect(try rejection(of: TestToken.make(header: #"{"alg":"HS256",\#(members)}"#)) == .critical)
    }

    @Test func `a header with an unencoded payload is rejected even without crit`() throws {
        #expect(try rejection(of: TestToken.make(header: #"{"alg":"HS256","b64":false}"#)) == .unsupported)
        #expect(try rejection(of: TestToken.make(header: #"{"alg":"HS256","b64":true}"#)) == nil)
        #expect(try rejection(of: TestToken.make(header: #"{"alg":"HS256","b64":"false"}"#)) == .malformed)
    }

    @Test(arguments: ["JWT", "jwt", "application/jwt", "Application/JWT"])
    func `a nested token is rejected`(type: String) throws {
        #expect(try rejection(of: TestToken.make(header: #"{"alg":"HS256","cty":"\#(type)"}"#)) == .unsupported)
    }

    @Test(arguments: ["json", "application/example", "jwt2"])
    func `a content type other than JWT is ignored`(type: String) throws {
        #expect(try rejection(of: TestToken.make(header: #"{"alg":"HS256","cty":"\#(type)"}"#)) == nil)
    }

    @Test(arguments: [
        (#""typ":"JWT""#, "JWT", true), (#""typ":"jwt""#, "JWT", true), (#""typ":"application/jwt""#, "JWT", true),
        (#""x":1"#, "JWT", true), (#""typ":"at+jwt""#, "JWT", false), (#""typ":"JOSE""#, "JWT", false),
        (#""typ":"""#, "JWT", false),
        (#""typ":"JWT ""#, "JWT", false), (#""typ":"application/x/jwt""#, "x/jwt", false),
        (#""typ":"\u004aWT""#, "JWT", true),
        (#""typ":"at+jwt""#, "at+jwt", true), (#""typ":"application/at+JWT""#, "at+jwt", true),
        (#""x":1"#, "at+jwt", false),
        (#""typ":"JWT""#, "at+jwt", false), (#""typ":"logout+jwt""#, "at+jwt", false),
    ])
    func `the typ is compared as a media type, and a missing one counts as JWT`(
        member: String, wanted: String, isAccepted: Bool
    ) throws {
        var policy = Policy.bare
        policy.type = wanted
        let code = try rejection(of: TestToken.make(header: #"{"alg":"HS256",\#(member)}"#), policy: policy)
        #expect(code == (isAccepted ? nil : .unsupported))
    }

    @Test(arguments: [
        #""jwk":{"kty":"oct","k":"AAAA","alg":"HS256"}"#, #""jku":"https://attacker.example/keys""#,
        #""jku":"file:///dev/null""#,
        #""x5u":"ftp://attacker.example/c""#, #""x5c":["MIIB"]"#, #""x5t":"AAAA""#, #""zip":"DEF""#, #""iss":"x""#,
    ])
    func `a key that the header offers is never used`(member: String) throws {
        let header = #"{"alg":"HS256",\#(member)}"#
        #expect(try rejection(of: TestToken.make(header: header)) == nil)
        #expect(try rejection(of: TestToken.make(header: header, secret: [0, 0, 0])) == .signature)
    }

    @Test(arguments: [
        #"{"alg":"none","alg":"HS256"}"#, #"{"alg":"HS256","alg":"HS256"}"#, #"{"alg":"HS256","\u0061lg":"none"}"#,
        #"{"alg":"HS256","crit":["a"],"crit":["b"]}"#, #"{"alg":"HS256","kid":"a","kid":"b"}"#,
        #"{"alg":"HS256","x":1,"x":2}"#,
        #"{"alg":"HS256","x":{"a":1,"a":2}}"#, #"{"alg":"HS256","typ":5}"#, #"{"alg":"HS256","typ":null}"#,
        #"{"alg":"HS256","kid":["a"]}"#, #"{"alg":"HS256","kid":7}"#, #"{"alg":"HS256","kid":null}"#,
        #"{"alg":"HS256","cty":1}"#,
        #"["HS256"]"#, #""HS256""#, "null", "", " ", #"{"alg":"HS256"}}"#, #"{"alg":"HS256"} x"#, #"{"alg":"HS256",}"#,
    ])
    func `a header that two parsers could read differently is rejected`(header: String) throws {
        #expect(try rejection(of: TestToken.make(header: header)) == .malformed)
    }

    @Test(arguments: [
        #"{"alg":"none"}"#, #"{"alg":"HS512"}"#, #"{"alg":"HS256","crit":["x"]}"#, #"{"alg":"HS256","cty":"JWT"}"#,
        #"{"alg":"HS256","enc":"x"}"#, #"{"alg":"HS256","b64":false}"#, #"{"alg":"HS256","kid":"a"}"#,
        TestToken.plainHeader,
    ])
    func `a malformed part is reported before any other error`(header: String) throws {
        let header = TestToken.segment(header.utf8)
        for rest in [".e30.!!!!", ".e30.A", ".e30=.AA", ".e.AA", ".e31.AA", ".e30.AB", ".e 30.AA", ".e30.AA\n"] {
            #expect(try rejection(of: header + rest) == .malformed, "\(rest)")
        }
        #expect(try rejection(of: TestToken.sign(header + ".e30=")) == .malformed)
    }

    @Test func `a verifier without keys reports malformed tokens, and rejects every alg`() throws {
        let verifier = Verifier(keys: .none, policy: .bare)
        for (token, code) in [
            (TestToken.make(), JWTError.Code.algorithm), ("a.b", .malformed), (TestToken.make(header: "{"), .malformed),
            (TestToken.make() + "=", .malformed), (TestToken.make(header: #"{"alg":"none","enc":"x"}"#), .unsupported),
        ] {
            #expect { try verifier.verify(token, at: 0) } throws: { ($0 as? JWTError)?.code == code }
        }
    }

    @Test func `a header with white space is accepted`() throws {
        #expect(try rejection(of: TestToken.make(header: " {\t\"alg\" :\r\n \"HS256\" } ")) == nil)
    }

    @Test func `a header that is too large or nested too deeply is rejected`() throws {
        let large = #"{"alg":"HS256","x":"\#(String(repeating: "x", count: Header.maximumBytes))"}"#
        #expect(try rejection(of: TestToken.make(header: large)) == .limit)
        let deep = #"{"alg":"HS256","x":\#(String(repeating: "[", count: 100) + String(repeating: "]", count: 100))}"#
        #expect(try rejection(of: TestToken.make(header: deep)) == .limit)
    }
}
