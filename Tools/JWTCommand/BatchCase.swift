import JWT

/// A case of a conformance corpus.
struct BatchCase {
    private let token: String
    /// The secret; nil when it is missing or is not base64.
    private let secret: [UInt8]?
    private let options: BatchCaseOptions

    /// - Throws: `CommandError` with the code `malformed` when the object is not a case.
    init(_ entry: JSONValue) throws(CommandError) {
        guard let token = entry["token"]?.string else { throw CommandError(.malformed, "the case has no token") }
        self.token = token
        secret = (entry["secret_b64"]?.string).flatMap(Self.decode)
        options = try BatchCaseOptions(entry["options"])
    }

    /// Verifies the token and returns its claims.
    func decide() throws(CommandError) -> JSONValue {
        var keys: [Key] = []
        var keyErrors: [Algorithm: CommandError] = [:]
        for algorithm in options.algorithms {
            do throws(CommandError) { keys.append(try key(algorithm)) } catch { keyErrors[algorithm] = error }
        }
        let verified: VerifiedToken
        do throws(JWTError) {
            let verifier = Verifier(keys: (try? KeySet(keys)) ?? .none, policy: options.policy)
            verified = try verifier.verify(token, at: options.now)
        } catch {
            // If the case allows the algorithm, the verifier rejects it only because its key is invalid. Throw the
            // error of the key.
            if error.code == .algorithm, let keyError = algorithmOfToken.flatMap({ keyErrors[$0] }) { throw keyError }
            throw CommandError(error)
        }
        try options.checkFractions(verified)
        return JSONValue(object: verified.payload) ?? [:]
    }

    private func key(_ algorithm: Algorithm) throws(CommandError) -> Key {
        guard let secret else { throw CommandError(.key, "the secret is not base64") }
        return try CommandError.convert { () throws(KeyError) in
            try Key(algorithm, anySecretThatTheRFCsAllow: secret)
        }
    }

    private var algorithmOfToken: Algorithm? {
        let header = String(token.prefix { $0 != "." })
        return Base64URL.decode(header).flatMap { JSONValue(object: $0)?["alg"]?.string }.flatMap(
            Algorithm.init(rawValue:))
    }

    /// Decodes standard base64 (RFC 4648 section 4), with or without padding.
    private static func decode(_ text: String) -> [UInt8]? {
        let unpadded = text.utf8.reversed().drop { $0 == UInt8(ascii: "=") }.reversed()
        return Base64URL.decode(
            String(
                decoding: unpadded.map { byte -> UInt8 in
                    switch byte {
                    case UInt8(ascii: "+"): UInt8(ascii: "-")
                    case UInt8(ascii: "/"): UInt8(ascii: "_")
                    default: byte
                    }
                }, as: UTF8.self))
    }
}
