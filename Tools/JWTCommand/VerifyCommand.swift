import ArgumentParser
import JWT

/// `jwt verify`: verifies a token from standard input.
struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Verify a token and print its claims.",
        discussion: """
            The token is read from standard input. The command prints the claims as JSON and exits with 0, or prints \
            "error: <code>: <sentence>" on standard error and exits with 1. With --batch it decides the cases of a \
            conformance corpus, one JSON object on each line, and prints one result for each.
            """)

    @Flag(help: "Decide cases from standard input in place of one token.") var batch = false
    @OptionGroup var keys: KeyOptions
    @Option(help: "The allowed algorithms, separated by commas. A secret needs this option.") var algorithms: String?
    @Option(help: "The name of this verifier. Without it, a token with an audience is rejected.") var audience: String?
    @Option(help: "The trusted issuer. Without it, every issuer is trusted.") var issuer: String?
    @Option(help: "The allowed difference between clocks in seconds, at most \(Policy.maximumLeeway).")
    var leeway: Int64 = 0
    @Option(help: "The current time in seconds since 1970. Without it, the system clock is read.") var now: Int64?
    @Option(help: "The required claims, separated by commas.") var require: String?
    @Option(help: "The expected type of the token (typ), compared as a media type.") var typ: String?

    func validate() throws {
        if batch { return }
        try keys.checkThatOneIsGiven()
        guard try keys.secret == nil || allowedAlgorithms() != nil else {
            throw ValidationError("--secret-base64url needs --algorithms.")
        }
        _ = try requiredClaims()
        guard (0...Policy.maximumLeeway).contains(leeway) else {
            throw ValidationError("--leeway must be 0 to \(Policy.maximumLeeway).")
        }
    }

    func run() throws {
        if batch { return try Batch.run() }
        let policy = Policy(
            type: typ, issuers: issuer.map { [$0] }, audience: audience, leeway: leeway,
            required: try requiredClaims(), maximumTokenBytes: Console.maximumInputBytes)
        let keys = try keys.keySet(for: try allowedAlgorithms())
        let token = try Console.readInput()
        let verified: VerifiedToken
        do throws(JWTError) {
            verified = try Verifier(keys: keys, policy: policy).verify(
                token.span, at: now.map { NumericDate(seconds: $0) } ?? .now)
        } catch {
            throw CommandError(error)
        }
        try Console.print(JSONValue(object: verified.payload)?.text ?? "{}")
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

    /// The names of a list. An empty name is an error, because a list with a mistake must not allow more than its
    /// author meant.
    private static func names(_ list: String, _ option: String) throws -> [String] {
        let names = list.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard !names.contains("") else { throw ValidationError("\(option) takes names separated by commas.") }
        return names
    }
}
