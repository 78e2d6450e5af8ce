import Testing

@testable import JWT

@Suite struct ExplanationTests {
    private static let policy = Policy(issuers: ["login"], audience: "orders", required: ["exp", "sub"])
    private static let now: NumericDate = 1000
    private static let claims = #"{"iss":"login","sub":"a","aud":"orders","exp":1001}"#
    private static let checks = Explanation.Check.allCases

    private let verifier: Verifier

    init() throws {
        verifier = Verifier(keys: KeySet(try Key(id: "one", secret: TestToken.secret)), policy: Self.policy)
    }

    /// The error of `verify`, and that of `explain`.
    private func errors(_ token: String) -> (verify: JWTError?, explain: JWTError?) {
        let explained = verifier.explain(token, at: Self.now).error
        do throws(JWTError) {
            _ = try verifier.verify(token, at: Self.now)
            return (nil, explained)
        } catch {
            return (error, explained)
        }
    }

    private static func header(_ members: String) -> String { #"{"alg":"HS256","typ":"JWT","kid":"one"\#(members)}"# }

    /// A token that fails in each check, in the order of the checks.
    private static let rejected: [(Explanation.Check, String)] = [
        (.form, "a.b"), (.form, "e30.e30.é"), (.form, TestToken.make(header: "[]")),
        (.form, "eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0..AAAA.AAAA.AAAA"),
        (.form, String(repeating: "A", count: Policy.defaultMaximumTokenBytes + 1)),
        (.algorithm, TestToken.make(header: #"{"alg":"none"}"#)), (.algorithm, TestToken.make(header: "{}")),
        (.header, TestToken.make(header: header(#","crit":["x"]"#))),
        (.header, TestToken.make(header: header(#","b64":false"#))),
        (.header, TestToken.make(header: header(#","cty":"JWT""#))),
        (.header, TestToken.make(header: #"{"alg":"HS256","typ":"at+jwt","kid":"one"}"#)),
        (.key, TestToken.make(header: #"{"alg":"HS256","typ":"JWT","kid":"two"}"#)),
        (.signature, TestToken.make(payload: claims, secret: TestToken.secret.reversed())),
        (.payload, TestToken.make(payload: "[]")), (.payload, TestToken.make(payload: #"{"exp":"1001"}"#)),
        (.payload, TestToken.make(payload: #"{"a":1,"a":1}"#)),
        (.presence, TestToken.make(payload: claims.replacing(#""sub":"a","#, with: ""))),
        (.presence, TestToken.make(payload: claims.replacing(#","exp":1001"#, with: ""))),
        (.issuer, TestToken.make(payload: claims.replacing("login", with: "other"))),
        (.issuer, TestToken.make(payload: claims.replacing(#""iss":"login","#, with: ""))),
        (.audience, TestToken.make(payload: claims.replacing("orders", with: "inbox"))),
        (.audience, TestToken.make(payload: claims.replacing(#""aud":"orders","#, with: ""))),
        (.expiry, TestToken.make(payload: claims.replacing("1001", with: "1000"))),
        (.start, TestToken.make(payload: claims.replacing("}", with: #","nbf":1001}"#))),
    ]

    @Test func `every check of an accepted token has passed`() {
        for header in [TestToken.plainHeader, Self.header(""), Self.header(#","cty":"x""#)] {
            let explanation = verifier.explain(TestToken.make(header: header, payload: Self.claims), at: Self.now)
            #expect(Self.checks.allSatisfy { explanation[$0] == .passed })
            #expect(explanation.error == nil)
        }
    }

    @Test(arguments: rejected.indices)
    func `the check that rejects a token is the first that failed, and those before it have passed`(index: Int) {
        let (check, token) = Self.rejected[index]
        let explanation = verifier.explain(token, at: Self.now)
        for earlier in Self.checks where earlier.rawValue < check.rawValue { #expect(explanation[earlier] == .passed) }
        guard case .failed(let error) = explanation[check] else {
            Issue.record("\(check) is \(explanation[check])")
            return
        }
        #expect(error == explanation.error)
        for later in Self.checks where later.rawValue > check.rawValue {
            // Claims are compared independently of each other, once the payload is known to be genuine and well-formed.
            #expect(explanation[later] == (check.rawValue > Explanation.Check.payload.rawValue ? .passed : .notReached))
        }
    }

    @Test func `every check rejects one of the tokens of this suite`() {
        #expect(Set(Self.rejected.map(\.0)) == Set(Self.checks))
    }

    @Test func `an explanation has the error with which the verifier rejects the token`() {
        let valid = TestToken.make(header: Self.header(""), payload: Self.claims)
        let letters = Array(valid)
        let changed = letters.indices.flatMap { index in
            ["A", "b", ".", "="].map { letter in String(letters[..<index]) + letter + String(letters[(index + 1)...]) }
        }
        let cut = letters.indices.map { String(letters[..<$0]) }
        for token in [valid] + changed + cut + Self.rejected.map(\.1) {
            let errors = errors(token)
            #expect(errors.explain == errors.verify, "\(token)")
        }
    }

    @Test func `claims that are wrong at once are all explained`() {
        let token = TestToken.make(payload: #"{"iss":"other","aud":["inbox"],"exp":900,"nbf":1100}"#)
        let explanation = verifier.explain(token, at: Self.now)
        let codes = Self.checks.map { check in
            if case .failed(let error) = explanation[check] { error.code } else { nil as JWTError.Code? }
        }
        #expect(codes.compactMap(\.self) == [.missingClaim, .issuer, .audience, .expired, .notYetValid])
        #expect(explanation.error?.claim == "sub")
    }

    @Test func `no claim is explained before the signature is valid`() {
        let token = TestToken.make(payload: #"{"iss":"other","exp":1}"#, secret: TestToken.secret.reversed())
        let explanation = verifier.explain(token, at: Self.now)
        for check in Self.checks where check.rawValue > Explanation.Check.signature.rawValue {
            #expect(explanation[check] == .notReached)
        }
    }
}
