import Testing

@testable import JWT

/// The registered claims (RFC 7519 section 4.1, RFC 8725 sections 3.8, 3.9 and 3.12).
@Suite struct ClaimTests {
    private static let now: NumericDate = 1_700_000_000

    private func code(_ payload: String, _ change: (inout Policy) -> Void = { _ in }) throws -> JWTError.Code? {
        var policy = Policy.bare
        change(&policy)
        return try rejection(of: TestToken.make(payload: payload), policy: policy, at: Self.now)
    }

    @Test(
        arguments: [
            ("1700000001", nil), ("1700000000", .expired), ("1699999999", .expired), ("0", .expired), ("-1", .expired),
            ("-0", .expired),
            ("1700000000.5", nil), ("1700000000.0", .expired), ("1700000000.000000000001", nil),
            ("1699999999.999", .expired),
            ("1.700000001e9", nil), ("1.7e9", .expired), ("17000000005e-1", nil), ("17000000000E-1", .expired),
            ("9223372036854775807", nil),
            ("9223372036854775808", .invalidClaim), ("18446744073709551616", .invalidClaim), ("1e18", nil),
            ("1e19", .invalidClaim),
            ("1e400", .invalidClaim), ("-1e400", .invalidClaim), ("1e-400", .expired),
            ("1e99999999999999999999", .invalidClaim),
            ("1e-99999999999999999999", .expired), ("0e99999999999999999999", .expired),
            ("-9223372036854775808", .expired),
            ("-9223372036854775809", .invalidClaim), ("0.0000000000000000000018e30", nil),
            ("\"1700000001\"", .invalidClaim),
            ("true", .invalidClaim), ("null", .invalidClaim), ("[1700000001]", .invalidClaim), ("{}", .invalidClaim),
            ("\"\"", .invalidClaim),
            ("9223372036854775807.5", .invalidClaim), ("9223372036854775806.5", nil),
        ] as [(String, JWTError.Code?)])
    func `a token has expired at the time in exp and later`(value: String, expected: JWTError.Code?) throws {
        #expect(try code(#"{"exp":\#(value)}"#) == expected)
        #expect(try code(#"{"e\u0078p":\#(value)}"#) == expected)
    }

    @Test(
        arguments: [
            ("1700000000", nil), ("1699999999", nil), ("1700000001", .notYetValid), ("1700000000.5", .notYetValid),
            ("1700000000.0", nil),
            ("9223372036854775807", .notYetValid), ("9223372036854775808", .invalidClaim),
            ("-9223372036854775808", nil), ("1e400", .invalidClaim),
            ("\"0\"", .invalidClaim), ("false", .invalidClaim), ("null", .invalidClaim), ("[]", .invalidClaim),
            ("-5", nil),
        ] as [(String, JWTError.Code?)])
    func `a token is not valid before the time in nbf`(value: String, expected: JWTError.Code?) throws {
        #expect(try code(#"{"nbf":\#(value)}"#) == expected)
    }

    @Test(arguments: ["\"1700000000\"", "true", "null", "[]", "{}", "1e400"])
    func `a token whose iat is not a date is rejected`(value: String) throws {
        #expect(try code(#"{"iat":\#(value)}"#) == .invalidClaim)
        #expect(try code(#"{"iat":1700000000}"#) == nil)
        #expect(try code(#"{"iat":1699999999.25}"#) == nil)
    }

    @Test func `the leeway moves expiry and start by exactly its seconds`() throws {
        func with(_ leeway: Int64) -> (inout Policy) -> Void { { $0 = .bare(leeway: leeway) } }
        #expect(try code(#"{"exp":1699999941}"#, with(60)) == nil)
        #expect(try code(#"{"exp":1699999940}"#, with(60)) == .expired)
        #expect(try code(#"{"nbf":1700000060}"#, with(60)) == nil)
        #expect(try code(#"{"nbf":1700000061}"#, with(60)) == .notYetValid)
        #expect(try code(#"{"exp":9223372036854775807,"nbf":-9223372036854775808}"#, with(300)) == nil)
        #expect(try code(#"{"exp":-9223372036854775808}"#, with(300)) == .expired)
        #expect(try code(#"{"nbf":9223372036854775807}"#, with(300)) == .notYetValid)
    }

    @Test func `a policy limits its leeway to five minutes`() {
        #expect(Policy(issuers: ["i"], audience: "a", leeway: 3600).leeway == 300)
        #expect(Policy(issuers: ["i"], audience: "a", leeway: -1).leeway == 0)
        #expect(Policy.oauthAccess(issuer: "i", audience: "a", leeway: 3600).leeway == 300)
    }

    @Test func `the largest possible leeway of a corpus does not overflow`() throws {
        let policy = Policy(corpusIssuers: nil, audience: nil, leeway: .max, required: [])
        let (start, end) = (NumericDate(seconds: .min), NumericDate(seconds: .max))
        for (payload, now, expected) in [
            (#"{"nbf":1}"#, start, JWTError.Code.notYetValid), (#"{"nbf":-1}"#, start, nil),
            (#"{"nbf":9223372036854775807}"#, -1, .notYetValid), (#"{"nbf":9223372036854775807}"#, 0, nil),
            (#"{"exp":1}"#, end, nil), (#"{"exp":0}"#, end, .expired), (#"{"exp":-9223372036854775808}"#, 0, .expired),
            (#"{"exp":-9223372036854775808}"#, -2, nil),
        ] {
            #expect(try rejection(of: TestToken.make(payload: payload), policy: policy, at: now) == expected)
        }
    }

    @Test func `the first and the last possible date are compared without overflow`() throws {
        for now in [NumericDate(seconds: .min), NumericDate(seconds: .max)] {
            for date in [Int64.min, .min + 1, -1, 0, 1, .max - 1, .max] {
                let token = TestToken.make(payload: #"{"exp":\#(date),"nbf":\#(date)}"#)
                let code = try rejection(of: token, policy: .bare(leeway: 300), at: now)
                #expect([nil, .expired, .notYetValid].contains(code))
            }
        }
    }

    @Test(
        arguments: [
            (#""orders""#, nil), (#"["orders"]"#, nil), (#"["catalog","orders"]"#, nil), (#""catalog""#, .audience),
            (#"["catalog"]"#, .audience),
            (#"[]"#, .audience), (#""""#, .audience), (#""Orders""#, .audience), (#""orders ""#, .audience),
            (#""order""#, .audience),
            (#""orders/x""#, .audience), (#""*""#, .audience), (#"["order","s"]"#, .audience), (#""\u006frders""#, nil),
            (#"null"#, .invalidClaim),
            (#"7"#, .invalidClaim), (#"true"#, .invalidClaim), (#"{}"#, .invalidClaim),
            (#"{"orders":1}"#, .invalidClaim),
            (#"["orders",7]"#, .invalidClaim), (#"["orders",null]"#, .invalidClaim), (#"[["orders"]]"#, .invalidClaim),
            (#"["orders",{}]"#, .invalidClaim),
        ] as [(String, JWTError.Code?)])
    func `a token must name the verifier in its aud`(value: String, expected: JWTError.Code?) throws {
        #expect(try code(#"{"aud":\#(value)}"#) { $0.audience = "orders" } == expected)
    }

    @Test(
        arguments: [
            (#""orders""#, .audience), (#"["a","b"]"#, .audience), (#""""#, .audience), (#"[]"#, .audience),
            (#"null"#, .invalidClaim),
        ] as [(String, JWTError.Code?)])
    func `a verifier without a name rejects a token with an aud`(value: String, expected: JWTError.Code?)
        throws
    {
        #expect(try code(#"{"aud":\#(value)}"#) == expected)
    }

    @Test func `the names of audiences and issuers are compared byte by byte`() throws {
        #expect(try code("{\"aud\":\"caf\u{E9}\"}") { $0.audience = "cafe\u{301}" } == .audience)
        #expect(try code("{\"iss\":\"caf\u{E9}\"}") { $0.issuers = ["cafe\u{301}"] } == .issuer)
        #expect(try code("{\"aud\":\"\u{212B}\"}") { $0.audience = "\u{C5}" } == .audience)
    }

    @Test(
        arguments: [
            (#""https://login.example""#, nil), (#""https://login.example/""#, .issuer),
            (#""https://LOGIN.example""#, .issuer),
            (#""http://login.example""#, .issuer), (#""""#, .issuer), (#"["https://login.example"]"#, .invalidClaim),
            (#"null"#, .invalidClaim),
            (#"7"#, .invalidClaim), (#"{}"#, .invalidClaim), (#""https:\/\/login.example""#, nil),
        ] as [(String, JWTError.Code?)])
    func `a token must name a trusted issuer as a string`(value: String, expected: JWTError.Code?) throws {
        #expect(
            try code(#"{"iss":\#(value)}"#) { $0.issuers = ["https://other.example", "https://login.example"] }
                == expected)
    }

    @Test func `a token without iss or aud is rejected by a policy that names them`() throws {
        #expect(try code("{}") { $0.issuers = ["https://login.example"] } == .missingClaim)
        #expect(try code("{}") { $0.issuers = [] } == .missingClaim)
        #expect(try code("{}") { $0.audience = "orders" } == .missingClaim)
    }

    @Test(arguments: ["sub", "jti", "iss"])
    func `a token whose sub, jti or iss is not a string is rejected`(name: String) throws {
        for value in ["1", "null", "true", "[]", "[\"a\"]", "{}"] {
            #expect(try code(#"{"\#(name)":\#(value)}"#) == .invalidClaim)
        }
        #expect(try code(#"{"\#(name)":"a"}"#) == nil)
    }

    @Test(arguments: ["exp", "sub", "jti", "iss", "aud", "nbf", "iat", "email", "client_id"])
    func `a required claim that is nested, or differs in case, counts as missing`(name: String) throws {
        #expect(try code("{}") { $0.required = [name] } == .missingClaim)
        #expect(try code(#"{"EXP":1,"Sub":"a","x":{"\#(name)":"a"}}"#) { $0.required = [name] } == .missingClaim)
    }

    @Test func `a required claim is found by any name, with and without escapes`() throws {
        #expect(try code(#"{"email":"a@b"}"#) { $0.required = ["email"] } == nil)
        #expect(try code(#"{"e\u006dail":null}"#) { $0.required = ["email"] } == nil)
        #expect(try code(#"{"sub":null}"#) { $0.required = ["sub"] } == .invalidClaim)
    }

    @Test func `a claim in the header is ignored`() throws {
        let token = TestToken.make(header: #"{"alg":"HS256","exp":9999999999,"iss":"i"}"#)
        var policy = Policy.bare
        policy.required = ["exp"]
        #expect(try rejection(of: token, policy: policy) == .missingClaim)
        let expiredInHeader = TestToken.make(header: #"{"alg":"HS256","exp":1}"#)
        #expect(try rejection(of: expiredInHeader) == nil)
    }

    @Test func `an error names the claim and the seconds, and holds no part of the token`() throws {
        let verifier = Verifier(keys: KeySet(try Key(secret: TestToken.secret)), policy: .bare)
        let expired = #expect(throws: JWTError.self) {
            try verifier.verify(TestToken.make(payload: #"{"exp":1000,"sub":"private"}"#), at: 1180)
        }
        #expect(expired?.claim == "exp")
        #expect(expired?.seconds == 180)
        #expect(expired?.description == "the token expired 180 seconds ago")
        let early = #expect(throws: JWTError.self) {
            try verifier.verify(TestToken.make(payload: #"{"nbf":1000}"#), at: 940)
        }
        #expect(early?.seconds == 60)
    }
}
