import ArgumentParser
import JWT

/// The keys of `sign` and `verify`.
struct KeyOptions: ParsableArguments {
    @Option(name: .customLong("keys"), help: "A key file (JWK Set).") var file: String?
    @Option(
        name: .customLong("secret-base64url"),
        help: "A secret in base64url. Other users of this machine can read it while the command runs. Prefer --keys.")
    var secret: String?

    func checkThatOneIsGiven() throws {
        guard (file == nil) != (secret == nil) else {
            throw ValidationError("Give either --keys or --secret-base64url.")
        }
    }

    /// The keys with one of `algorithms`. If `algorithms` is nil, they are all keys of the file, or the secret with
    /// HS256.
    func keySet(for algorithms: [Algorithm]?) throws(CommandError) -> KeySet {
        if let file {
            let keys = try KeyFile(path: file).read().keys.keys
            return try Self.set(keys.filter { algorithms?.contains($0.algorithm) ?? true })
        }
        guard let bytes = secret.flatMap(Base64URL.decode) else {
            throw CommandError(.key, "the secret is not strict base64url")
        }
        return try Self.set(
            try (algorithms ?? [.hs256]).map { algorithm throws(CommandError) in
                try CommandError.convert { () throws(KeyError) in try Key(algorithm, secret: bytes) }
            })
    }

    private static func set(_ keys: [Key]) throws(CommandError) -> KeySet {
        guard !keys.isEmpty else { throw CommandError(.key, "there is no key of these algorithms") }
        return try CommandError.convert { () throws(KeyError) in try KeySet(keys) }
    }
}
