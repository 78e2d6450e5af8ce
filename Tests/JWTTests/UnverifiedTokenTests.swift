import Testing

/// Mistakes that the compiler finds.
@Suite struct UnverifiedTokenTests {
    @Test func `programs that verify a token before they read its claims compile`() async throws {
        let result = try await Self.check([
            "_ = orders(of: try verifier.verify(text, at: now))", "_ = Verifier(keys: keys, policy: policy)",
            "_ = try InspectedToken(inspecting: text).payload", "_ = try Key(.hs256, secret: secret)",
        ])
        #expect(result == [[], [], [], []])
    }

    @Test func `a program that takes the payload of an unverified token for a verified one does not compile`()
        async throws
    {
        try await expectErrors([
            ("_ = orders(of: try InspectedToken(inspecting: text))", "cannot convert value of type 'InspectedToken'"),
            ("_ = try InspectedToken(inspecting: text).subject", "has no member 'subject'"),
            (
                "_ = try InspectedToken(inspecting: text) as VerifiedToken",
                "cannot convert value of type 'InspectedToken'"
            ),
            ("_ = VerifiedToken.init", "initializer is inaccessible due to 'internal' protection level"),
            ("_ = verifier.explain(text, at: now).payload", "has no member 'payload'"),
            ("_ = try verifier.verifySignature(text.utf8.span)", "inaccessible due to 'internal' protection level"),
        ])
    }

    @Test func `a verifier without a key and its algorithm, a policy or the time does not compile`() async throws {
        try await expectErrors([
            ("_ = Verifier(policy: policy)", "missing argument for parameter 'keys'"),
            ("_ = Verifier(keys: nil, policy: policy)", "'nil' is not compatible"),
            ("_ = Verifier(keys: .none, policy: policy)", "inaccessible due to 'package' protection level"),
            ("_ = Verifier(keys: secret, policy: policy)", "cannot convert value of type '[UInt8]'"),
            ("_ = Verifier(keys: keys)", "missing argument for parameter 'policy'"),
            ("_ = KeySet()", "missing argument"),
            ("_ = try Key(nil, secret: secret)", "'nil' is not compatible"),
            ("_ = try Key(.none, secret: secret)", "has no member 'none'"),
            ("_ = try verifier.verify(text)", "missing argument for parameter 'at'"),
        ])
    }

    /// Expects that each statement has an error, and that all its errors contain the text.
    private func expectErrors(_ cases: [(statement: String, text: String)]) async throws {
        for (errors, expected) in zip(try await Self.check(cases.map(\.statement)), cases) {
            #expect(
                !errors.isEmpty && errors.allSatisfy { $0.contains(expected.text) },
                "\(expected.statement) has the errors \(errors)")
        }
    }

    /// The errors of each statement, each of which is in a function of a program.
    private static func check(_ statements: [String]) async throws -> [[String]] {
        let functions = statements.enumerated().map { index, statement in
            "func example\(index)(\(parameters)) throws { let now: NumericDate = 0; _ = now; \(statement) }"
        }
        let declarations = ["import JWT", "func orders(of token: VerifiedToken) -> String? { token.subject }"]
        let lines = try await TypeCheck.run((declarations + functions).joined(separator: "\n") + "\n")
            .messages.split(separator: "\n").filter { $0.contains(" error: ") }.map(String.init)
        return statements.indices.map { index in
            lines.filter { $0.contains(".swift:\(declarations.count + index + 1):") }
        }
    }

    private static let parameters =
        "text: String, secret: [UInt8], keys: KeySet, policy: Policy, verifier: Verifier"
}
