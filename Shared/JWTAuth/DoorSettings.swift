import Foundation
import JWT
public import ServiceRuntime

/// What a door reads from the environment: `JWT_KEYS_FILE` or `JWT_SECRET`, `JWT_ISSUER`, `JWT_LEEWAY`.
public struct DoorSettings: Sendable {
    /// The keys; nil after a fault, which `Settings.read` then throws.
    public let keys: KeySource?
    /// `iss` of user tokens, the same string in every service.
    public let issuer: String
    /// By how many seconds clocks may differ.
    public let leewaySeconds: Int

    /// The issuer when `JWT_ISSUER` is not set.
    public static let defaultIssuer = "http://localhost:8080"

    /// Reads the settings and the keys.
    public init(clock: WallClock, _ settings: inout Settings) {
        issuer = settings.string("JWT_ISSUER") ?? Self.defaultIssuer
        leewaySeconds = settings.integer("JWT_LEEWAY", default: 0, in: 0...Int(Policy.maximumLeeway))
        keys = Self.keys(clock: clock, &settings)
    }

    private static func keys(clock: WallClock, _ settings: inout Settings) -> KeySource? {
        let file = settings.string("JWT_KEYS_FILE")
        let secret = settings.string("JWT_SECRET", isSecret: true)
        switch (file, secret) {
        case (let path?, nil):
            return load("JWT_KEYS_FILE", &settings) { try KeySource(file: path, clock: clock) }
        case (nil, let secret?):
            return load("JWT_SECRET", &settings) { KeySource(KeySet(try Key(secret: Array(secret.utf8)))) }
        case (_?, _?):
            settings.fault("JWT_SECRET", "give either JWT_KEYS_FILE or JWT_SECRET, not both")
        case (nil, nil):
            settings.fault(
                "JWT_KEYS_FILE",
                "no key is given; make a file with `jwt keys new --file secrets/jwt.json` and name it here, "
                    + "or set JWT_SECRET to at least 32 random bytes: openssl rand -base64 48")
        }
        return nil
    }

    private static func load(
        _ variable: String, _ settings: inout Settings, _ body: () throws -> KeySource
    ) -> KeySource? {
        do {
            return try body()
        } catch let error as KeyError {
            settings.fault(variable, error.description)
        } catch {
            settings.fault(variable, "the file cannot be read: \(error.localizedDescription)")
        }
        return nil
    }
}
