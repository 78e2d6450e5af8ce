import JWT

/// Makes hostile tokens from a good one. The same token can be made again, except for keys of the probe, and for signatures of
/// ECDSA and PSS.
struct Forge {
    /// The signature of a token that is made.
    enum Signature {
        /// The signature of the service's key. Without the key it is the same bytes for each token.
        case valid
        /// The one of the good token.
        case good
        /// The one of a key of the probe.
        case unrelated
        case bytes([UInt8])
        case key(SigningKey)
    }

    let goodToken: String
    let header: [JSONValue.Member]
    let claims: [JSONValue.Member]
    /// The signature of the good token.
    let signature: [UInt8]
    /// The service's key; nil when it is unknown.
    let key: SigningKey?
    /// The text of the public key (PEM) with which the service verifies; nil when it is unknown.
    let publicKey: [UInt8]?
    /// A genuine token for another audience; nil if the user gave no such token.
    let otherToken: String?
    let now: NumericDate

    /// The probe's key for the algorithm of the good token; nil for an unknown algorithm.
    let ownKey: SigningKey?
    /// The probe's key with a certificate: `ownKey`, or one for ES256 if that has none.
    let certificateKey: SigningKey?
    /// The servers with these keys; nil if the service cannot reach them, for the reason `noKeyServers`.
    var keyServers: KeyServers?
    var noKeyServers = "needs a service on this machine, which can fetch a key from the probe"

    /// - Throws: `CommandError` when the good token is not a signed JWT, or the key is not the one that signed it.
    init(
        goodToken: String, keys: ProbeKeys, otherToken: String?, now: NumericDate
    ) throws(CommandError) {
        let inspected: InspectedToken
        do throws(JWTError) {
            inspected = try InspectedToken(inspecting: goodToken)
        } catch {
            throw CommandError(error)
        }
        self.goodToken = goodToken
        header = inspected.header.members ?? []
        claims = inspected.payload.members ?? []
        signature =
            goodToken.split(separator: ".", omittingEmptySubsequences: false).last
            .flatMap { Base64URL.decode(String($0)) } ?? []
        key = try keys.key(thatSigned: goodToken, header: inspected.header, signature: signature)
        publicKey = keys.publicKey ?? key?.publicKeyText.map { Array($0.utf8) }
        self.otherToken = otherToken
        self.now = now
        ownKey = OwnKey.make(for: inspected.header["alg"]?.string ?? "")
        certificateKey = ownKey?.certificate == nil ? OwnKey.make(for: "ES256") : ownKey
    }

    /// The `alg` of the good token; empty if it has none.
    var algorithm: String { JSONValue.object(header)["alg"]?.string ?? "" }

    /// The parts of the good token, encoded.
    var parts: [String] { goodToken.split(separator: ".", omittingEmptySubsequences: false).map(String.init) }

    /// A token with this header and payload, each nil for the one of the good token.
    func token(header: String? = nil, payload: String? = nil, signature: Signature = .valid) -> HostileToken {
        token(header: header.map { Array($0.utf8) }, payload: payload.map { Array($0.utf8) }, signature: signature)
    }

    func token(header: [UInt8]?, payload: [UInt8]?, signature choice: Signature = .valid) -> HostileToken {
        let input = [header.map(Base64URL.encode) ?? parts[0], payload.map(Base64URL.encode) ?? parts[1]]
            .joined(separator: ".")
        let bytes = signature(of: input, choice)
        let isSigned = if case .valid = choice { key != nil } else { false }
        return hostile(input + "." + Base64URL.encode(bytes), isSigned: isSigned)
    }

    /// A token with this text.
    func hostile(_ text: String, isSigned: Bool = false) -> HostileToken {
        // Eight characters of a signature are enough to recognize it, in both alphabets, and too few to guess the rest.
        let start = parts[2].prefix(8)
        let unified = text.replacing("+", with: "-").replacing("/", with: "_")
        return HostileToken(text: text, isSecret: isSigned || !start.isEmpty && unified.contains(start))
    }

    /// A token with a key of the probe, which `members` offer or name.
    func ownToken(_ members: [(String, JSONValue?)], _ key: SigningKey) -> HostileToken {
        token(header: header([("alg", .string(key.algorithm))] + members), signature: .key(key))
    }

    /// Whether the good token has an HMAC.
    var usesHMAC: Bool { Algorithm(rawValue: algorithm) != nil }

    /// A token with an HMAC. Its hash is the one of the good token's algorithm, such as SHA-512 for RS512.
    func hmacToken(_ members: [(String, JSONValue?)], secret: [UInt8]) -> HostileToken {
        let hash = algorithm.suffix(3)
        let algorithm = ["384", "512"].contains(hash) ? "HS\(hash)" : "HS256"
        return token(
            header: header([("alg", .string(algorithm))] + members),
            signature: SigningKey(algorithm, .secret(secret)).map(Signature.key) ?? .bytes([]))
    }

    /// Whether the good token has an HMAC of this secret.
    func isSigned(with secret: [UInt8]) -> Bool {
        let input = Array(parts.prefix(2).joined(separator: ".").utf8)
        return SigningKey(algorithm, .secret(secret))?.isSignature(signature, of: input) == true
    }

    /// The header of the good token with these changes. A parameter with the value nil is removed.
    func header(_ changes: [(String, JSONValue?)]) -> String { Self.text(of: header, changes) }

    /// The header of the good token, with further text before its last brace.
    func header(adding text: String) -> String { Self.text(of: header, adding: text) }

    /// The claims of the good token with these changes. A claim with the value nil is removed.
    func claims(_ changes: [(String, JSONValue?)]) -> String { Self.text(of: claims, changes) }

    /// The claims of the good token, with further text before the last brace.
    func claims(adding text: String) -> String { Self.text(of: claims, adding: text) }

    private static func text(of members: [JSONValue.Member], adding text: String) -> String {
        members.isEmpty ? "{\(text)}" : JSONValue.object(members).text.dropLast() + "," + text + "}"
    }

    func claim(_ name: String) -> JSONValue? { JSONValue.object(claims)[name] }

    /// A token with these changes of the claims, and a valid signature if the key is known.
    func token(claims changes: (String, JSONValue?)...) -> HostileToken { token(payload: claims(changes)) }

    private func signature(of input: String, _ choice: Signature) -> [UInt8] {
        switch choice {
        case .valid: key?.signature(of: Array(input.utf8)) ?? OwnKey.secret
        case .good: signature
        case .unrelated: ownKey?.signature(of: Array(input.utf8)) ?? OwnKey.secret
        case .bytes(let bytes): bytes
        case .key(let key): key.signature(of: Array(input.utf8))
        }
    }

    private static func text(of members: [JSONValue.Member], _ changes: [(String, JSONValue?)]) -> String {
        var members = members
        for (name, value) in changes {
            let index = members.firstIndex { $0.name == name }
            switch (index, value) {
            case (let index?, let value?): members[index].value = value
            case (let index?, nil): members.remove(at: index)
            case (nil, let value?): members.append(.init(name, value))
            case (nil, nil): break
            }
        }
        return JSONValue.object(members).text
    }
}
