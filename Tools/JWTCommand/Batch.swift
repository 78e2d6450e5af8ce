import JWT

/// `jwt verify --batch`: decides the cases of a conformance corpus.
///
/// A corpus asks what the RFCs decide and nothing else: its secrets may be those of public examples, its leeway any
/// number, its claims of any type that RFC 7519 does not fix. Everything else is as strict as elsewhere.
enum Batch {
    /// Answers each line before the next one is read. Lines with nothing on them but white space have no answer.
    static func run() {
        while let line = Edge.readLine() {
            if !line.allSatisfy({ " \t\r".utf8.contains($0) }) { Edge.print(answer(to: line)) }
        }
    }

    /// The answer to one line, itself one line of JSON.
    static func answer(to line: [UInt8]) -> String {
        var name = JSONValue.null
        do throws(Failure) {
            guard line.count <= Edge.maximumInputBytes else { throw .tooLarge("the line") }
            guard let entry = JSONValue(object: line) else {
                name = BrokenText.mended(line).flatMap { JSONValue(object: $0)?["name"] } ?? .null
                throw Failure("malformed", "the line is not one strict JSON object")
            }
            name = entry["name"] ?? .null
            return JSONValue.object([
                .init("name", name), .init("ok", true), .init("claims", try Case(entry).decide()),
            ]).text
        } catch {
            return JSONValue.object([
                .init("name", name), .init("ok", false), .init("error", .string(error.code)),
                .init("detail", .string(error.sentence)),
            ]).text
        }
    }
}

/// One case of a corpus.
struct Case {
    private let token: String
    /// Nil when it is not base64.
    private let secret: [UInt8]?
    private let options: CaseOptions

    /// - Throws: `Failure` of the code `malformed` when the object is not a case.
    init(_ entry: JSONValue) throws(Failure) {
        guard let token = entry["token"]?.string else { throw Failure("malformed", "the case has no token") }
        self.token = token
        secret = (entry["secret_b64"]?.string).flatMap(Self.decode)
        options = try CaseOptions(entry["options"])
    }

    /// The token's claims.
    func decide() throws(Failure) -> JSONValue {
        var keys: [Key] = []
        var refusals: [Algorithm: Failure] = [:]
        for algorithm in options.algorithms {
            do throws(Failure) { keys.append(try key(algorithm)) } catch { refusals[algorithm] = error }
        }
        let verified: VerifiedToken
        do throws(JWTError) {
            let verifier = Verifier(keys: (try? KeySet(keys)) ?? .none, policy: options.policy)
            verified = try verifier.verify(token, at: options.now)
        } catch {
            // The algorithm is one that is allowed: what is wrong is the key.
            if error.code == .algorithm, let refusal = algorithmOfToken.flatMap({ refusals[$0] }) { throw refusal }
            throw Failure(error)
        }
        try options.checkFractions(verified)
        return JSONValue(object: verified.payload) ?? [:]
    }

    private func key(_ algorithm: Algorithm) throws(Failure) -> Key {
        guard let secret else { throw Failure("key", "the secret is not base64") }
        return try Failure.wrap { () throws(KeyError) in try Key(algorithm, anySecretThatTheRFCsAllow: secret) }
    }

    private var algorithmOfToken: Algorithm? {
        let header = String(token.prefix { $0 != "." })
        return Base64URL.decode(header).flatMap { JSONValue(object: $0)?["alg"]?.string }.flatMap(
            Algorithm.init(rawValue:))
    }

    /// Standard base64 (RFC 4648 section 4), with or without its padding.
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
