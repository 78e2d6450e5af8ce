import JWTAuth
import Logging
import ServiceRuntime

/// The settings of compare, read once from the environment.
struct CompareSettings {
    /// Whether the session mechanism rejects requests that another site may have forged (`CSRF_DEFENCE`).
    let hasCSRFDefence: Bool
    /// Whether clients that are not on this machine may send passwords, because a proxy ends TLS (`ALLOW_BASIC`).
    let allowsBasic: Bool
    /// The name of the cookie of login's pages.
    let cookieName: String
    let server: ResourceServerSettings

    init(clock: WallClock, _ settings: inout Settings) throws {
        hasCSRFDefence = settings.toggle("CSRF_DEFENCE", default: true)
        allowsBasic = settings.toggle("ALLOW_BASIC", default: false)
        server = try ResourceServerSettings(of: Compare.self, clock: clock, &settings)
        // Login adds the prefix where browsers reach it by encrypted connections.
        cookieName = NetworkAddress.isPlainLoopbackURL(server.issuer) ? "hallpass" : "__Host-hallpass"
    }

    /// Warns about settings that are accepted but not safe for production.
    func logWarnings(to logger: Logger) {
        if !hasCSRFDefence {
            logger.warning("CSRF_DEFENCE is off: pages of other origins can add notes of people who are signed in.")
        }
        if allowsBasic {
            logger.warning("ALLOW_BASIC is on: passwords travel unencrypted unless a proxy in front ends TLS.")
        }
    }
}
