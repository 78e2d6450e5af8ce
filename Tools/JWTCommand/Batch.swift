import JWT

/// `jwt verify --batch`: decides the cases of a conformance corpus.
///
/// A corpus asks what the RFCs decide and nothing else: its secrets may be those of public examples, its leeway any
/// number, its claims of any type that RFC 7519 does not fix. Everything else is as strict as elsewhere.
enum Batch {
    static func run() {
        while let line = readLine() {
            if line.contains(where: { !$0.isWhitespace }) { print(answer(to: line)) }
        }
    }

    /// The answer to one line, itself one line of JSON.
    static func answer(to line: String) -> String {
        guard let entry = Case(line) else {
            return refusal(nil, "malformed", "the line is not a case: a JSON object with name, secret_b64 and token")
        }
        do throws(Failure) {
            let claims = try entry.decide()
            return JSONValue.object([.init("name", entry.name), .init("ok", true), .init("claims", claims)]).text
        } catch {
            return refusal(entry.name, error.kind, error.sentence)
        }
    }

    private static func refusal(_ name: JSONValue?, _ kind: String, _ detail: String) -> String {
        JSONValue.object([
            .init("name", name ?? .null), .init("ok", false), .init("error", .string(kind)),
            .init("detail", .string(detail)),
        ]).text
    }
}

/// One case of a corpus.
struct Case {
    let name: JSONValue
    private let token: String
    private let secret: [UInt8]?
    private let algorithms: [String]
    private let policy: Policy
    private let now: NumericDate

    /// Nil when the line is not a case at all.
    init?(_ line: String) {
        guard let entry = JSONValue(object: Array(line.utf8)) ?? JSONValue(object: Array(Self.mended(line).utf8)),
            let token = entry["token"]?.string
        else { return nil }
        name = entry["name"] ?? .null
        self.token = token
        secret = (entry["secret_b64"]?.string).flatMap(Self.decode)
        let options = entry["options"]
        algorithms = options?["algorithms"]?.array?.compactMap(\.string) ?? ["HS256"]
        let issuers = options?["issuer"].flatMap { $0.string.map { [$0] } ?? $0.array?.compactMap(\.string) }
        policy = Policy(
            corpusIssuers: issuers, audience: options?["audience"]?.string,
            leeway: options?["leeway"]?.seconds?.seconds ?? 0,
            required: options?["required"]?.array?.compactMap(\.string) ?? [])
        now = options?["now"]?.seconds ?? Edge.now
    }

    /// The token's claims.
    func decide() throws(Failure) -> JSONValue {
        do throws(JWTError) {
            let keys = try usableKeys()
            guard let keys else { throw try refusalWithoutKeys() }
            let verified = try Verifier(keys: keys, policy: policy).verify(token, at: now)
            return JSONValue(object: verified.payload) ?? [:]
        } catch {
            throw Failure(weakKeyRefusal(error))
        }
    }

    /// A key for each algorithm that is allowed and that the secret is long enough for; nil when no algorithm of this
    /// module is allowed.
    private func usableKeys() throws(JWTError) -> KeySet? {
        guard let secret else { throw .unusableKey("the secret is not base64") }
        let allowed = Algorithm.allCases.filter { algorithms.contains($0.rawValue) }
        var keys: [Key] = []
        var refusal: KeyError?
        for algorithm in allowed {
            do throws(KeyError) {
                keys.append(try Key(algorithm, anySecretThatTheRFCsAllow: secret))
            } catch {
                refusal = refusal ?? error
            }
        }
        if keys.isEmpty, let refusal { throw .unusableKey(refusal.description) }
        return try? KeySet(keys)
    }

    /// With no algorithm to allow, what is wrong with the token's form comes first.
    private func refusalWithoutKeys() throws(JWTError) -> JWTError {
        _ = try InspectedToken(inspecting: token)
        return .noAlgorithmAllowed
    }

    /// A token of an allowed algorithm that the secret is too short for was not refused for its algorithm.
    private func weakKeyRefusal(_ error: JWTError) -> JWTError {
        guard error.kind == .algorithm, let secret,
            let name = (try? InspectedToken(inspecting: token))?.header["alg"]?.string,
            let algorithm = Algorithm.allCases.first(where: { $0.rawValue.utf8.elementsEqual(name.utf8) }),
            algorithms.contains(name), secret.count < algorithm.minimumSecretBytes
        else { return error }
        return .unusableKey("the secret is too short for \(algorithm.rawValue)")
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

    /// A line with every escaped surrogate replaced: half a character cannot be part of a token, and a corpus writes a
    /// token's stray bytes that way.
    private static func mended(_ line: String) -> String {
        let bytes = Array(line.utf8)
        var output: [UInt8] = []
        var index = 0
        while index < bytes.count {
            let isSurrogate =
                index + 5 < bytes.count && bytes[index] == UInt8(ascii: "\\") && bytes[index + 1] == UInt8(ascii: "u")
                && bytes[index + 2] | 0x20 == UInt8(ascii: "d") && "89abAB".utf8.contains(bytes[index + 3])
                || index + 5 < bytes.count && bytes[index] == UInt8(ascii: "\\")
                    && bytes[index + 1] == UInt8(ascii: "u")
                    && bytes[index + 2] | 0x20 == UInt8(ascii: "d") && "cdefCDEF".utf8.contains(bytes[index + 3])
            // A backslash and what it escapes go over together, so that `\\u` is not taken for an escape.
            let length = isSurrogate ? 6 : bytes[index] == UInt8(ascii: "\\") ? min(2, bytes.count - index) : 1
            output += isSurrogate ? Array("\\ufffd".utf8) : Array(bytes[index..<(index + length)])
            index += length
        }
        return String(decoding: output, as: UTF8.self)
    }
}

extension JSONValue {
    /// A number of seconds; a fraction is cut off.
    fileprivate var seconds: NumericDate? {
        switch self {
        case .integer(let seconds): NumericDate(seconds: seconds)
        case .number(let text):
            Double(text).flatMap { Int64(exactly: $0.rounded(.down)) }.map(NumericDate.init(seconds:))
        default: nil
        }
    }
}
