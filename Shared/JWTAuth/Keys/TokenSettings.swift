import Foundation
import JWT
public import ServiceRuntime

/// The settings of tokens: `JWT_KEYS_FILE` or `JWT_SECRET`, `JWT_ISSUER`, `JWT_LEEWAY`.
public struct TokenSettings: Sendable {
    /// The keys that sign and verify.
    public let keys: KeySource
    /// The issuer of user tokens (`iss`), the same string in every service: the text of a `CanonicalURL`.
    public let issuer: String
    /// The number of seconds by which the clocks of issuer and verifier may differ.
    public let leewaySeconds: Int

    /// Reads the settings and loads the keys. Read all other settings first, because this initializer throws when keys
    /// are missing.
    ///
    /// - Throws: `Settings.Rejection` when the keys are missing or invalid, after rejecting the variable.
    public init(clock: WallClock, _ settings: inout Settings) throws {
        issuer = Self.issuer(&settings)
        leewaySeconds = settings.integer("JWT_LEEWAY", default: 0, in: 0...Int(Policy.maximumLeeway))
        keys = try Self.keys(clock: clock, &settings)
    }

    private static func issuer(_ settings: inout Settings) -> String {
        guard let text = settings.string("JWT_ISSUER") else { return TokenType.defaultIssuer }
        guard let url = CanonicalURL(text) else {
            settings.reject(
                "JWT_ISSUER",
                "must be a URL like https://login.example, with its host in ASCII (xn--…), without a query")
            return TokenType.defaultIssuer
        }
        return url.text
    }

    private static func keys(clock: WallClock, _ settings: inout Settings) throws -> KeySource {
        let file = settings.string("JWT_KEYS_FILE")
        let secret = settings.string("JWT_SECRET", isSecret: true)
        switch (file, secret) {
        case (let path?, nil):
            return try load("JWT_KEYS_FILE", &settings) { try KeySource(file: path, clock: clock) }
        case (nil, let secret?):
            return try load("JWT_SECRET", &settings) { KeySource(KeySet(try Key(secret: Array(secret.utf8)))) }
        case (_?, _?):
            throw settings.reject("JWT_SECRET", "set either JWT_KEYS_FILE or JWT_SECRET, not both")
        case (nil, nil):
            throw settings.reject(
                "JWT_KEYS_FILE",
                "no key is set; create a file with `jwt keys new --file secrets/jwt.json` and name it here, "
                    + "or set JWT_SECRET to at least 32 random bytes: openssl rand -base64 48")
        }
    }

    private static func load(
        _ variable: String, _ settings: inout Settings, _ body: () throws -> KeySource
    ) throws -> KeySource {
        do {
            return try body()
        } catch let error as KeyError {
            throw settings.reject(variable, error.description)
        } catch {
            throw settings.reject(variable, "the file cannot be read: \(error.localizedDescription)")
        }
    }
}
