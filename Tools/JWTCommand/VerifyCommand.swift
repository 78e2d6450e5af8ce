import ArgumentParser
import JWT

/// `jwt verify`: a token on standard input, its claims on standard output.
struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Verify a token and print its claims.",
        discussion: """
            Exits with 0 and the claims as JSON, or with 1 and "error: <kind>: <sentence>" on standard error. With --batch \
            it decides the cases of a conformance corpus, one JSON object a line, and prints one answer a line.
            """)

    @Flag(help: "Decide cases from standard input instead of one token.") var batch = false
    @OptionGroup var keys: KeyOptions
    @Option(help: "The algorithms allowed, separated by commas; needed with a secret.") var algorithms: String?
    @Option(help: "The name of this verifier. Without one, a token that names someone is refused.") var audience:
        String?
    @Option(help: "The issuer that is trusted. Without one, any is.") var issuer: String?
    @Option(help: "By how many seconds clocks may differ, at most \(Policy.maximumLeeway).") var leeway: Int64 = 0
    @Option(help: "The present as seconds since 1970, instead of the clock's.") var now: Int64?
    @Option(help: "The claims that must be there, separated by commas.") var require: String?
    @Option(help: "The token's type, compared as a media type.") var typ: String?

    func validate() throws {
        if batch { return }
        try keys.checkThatOneIsGiven()
        guard try keys.secret == nil || allowedAlgorithms() != nil else {
            throw ValidationError("A secret needs --algorithms.")
        }
        _ = try requiredClaims()
        guard (0...Policy.maximumLeeway).contains(leeway) else {
            throw ValidationError("--leeway is 0 to \(Policy.maximumLeeway).")
        }
    }

    func run() throws {
        if batch { return Batch.run() }
        let policy = Policy(
            type: typ, issuers: issuer.map { [$0] }, audience: audience, leeway: leeway,
            required: try requiredClaims(), maximumTokenBytes: Edge.maximumInputBytes)
        let keys = try keys.keySet(for: try allowedAlgorithms())
        let token = try Edge.readInput()
        do throws(JWTError) {
            let verified = try Verifier(keys: keys, policy: policy).verify(
                token.span, at: now.map { NumericDate(seconds: $0) } ?? Edge.now)
            Edge.print(JSONValue(object: verified.payload)?.text ?? "{}")
        } catch {
            throw Failure(error)
        }
    }

    private func requiredClaims() throws -> [String] {
        try require.map { try Self.names($0, "--require") } ?? []
    }

    private func allowedAlgorithms() throws -> [Algorithm]? {
        try algorithms.map { try Self.names($0, "--algorithms") }?.map { name in
            guard let algorithm = Algorithm(rawValue: name) else {
                throw ValidationError("--algorithms takes HS256, HS384 and HS512.")
            }
            return algorithm
        }
    }

    /// The names of a list, none of them empty: a list that was meant to say something must not say nothing.
    private static func names(_ list: String, _ option: String) throws -> [String] {
        let names = list.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard !names.contains("") else { throw ValidationError("\(option) takes names with commas between them.") }
        return names
    }
}
