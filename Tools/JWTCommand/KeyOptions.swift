import ArgumentParser
import JWT

/// Where `sign` and `verify` get their keys from.
struct KeyOptions: ParsableArguments {
    @Option(name: .customLong("keys"), help: "A key file (JWK Set).") var file: String?
    @Option(
        name: .customLong("secret-base64url"),
        help: "A secret in base64url. Others on this machine can read it while the command runs; prefer --keys.")
    var secret: String?

    func checkThatOneIsGiven() throws {
        guard (file == nil) != (secret == nil) else {
            throw ValidationError("Give either --keys or --secret-base64url.")
        }
    }

    /// The keys that are for one of `algorithms`; with a file and no algorithms, all of its keys.
    func keySet(for algorithms: [Algorithm]?) throws(Failure) -> KeySet {
        if let file {
            let keys = try KeyFile(path: file).read().keys.keys
            return try Self.set(keys.filter { algorithms?.contains($0.algorithm) ?? true })
        }
        guard let bytes = secret.flatMap(Base64URL.decode) else {
            throw Failure("key", "the secret is not strict base64url")
        }
        return try Self.set(
            try (algorithms ?? [.hs256]).map { algorithm throws(Failure) in
                try Failure.wrap { () throws(KeyError) in try Key(algorithm, secret: bytes) }
            })
    }

    private static func set(_ keys: [Key]) throws(Failure) -> KeySet {
        guard !keys.isEmpty else { throw Failure("key", "there is no key for these algorithms") }
        return try Failure.wrap { () throws(KeyError) in try KeySet(keys) }
    }
}
