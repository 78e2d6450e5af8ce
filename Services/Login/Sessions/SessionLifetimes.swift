import JWTAuth
import ServiceRuntime

/// The lifetimes of sessions and of their access tokens.
struct SessionLifetimes: Sendable {
    /// The lifetime of a session, in seconds.
    let sessionSeconds: Int
    /// The lifetime of an access token, in seconds. A token never outlives its session.
    let accessTokenSeconds: Int

    /// The longest recommended lifetime of access tokens, in seconds. A service that does not know the revocations
    /// accepts the tokens of an ended session for that long.
    static let recommendedAccessTokenSeconds = Int(TokenType.accessLifetimeSeconds)
    private static let weekSeconds = 604_800
}

extension SessionLifetimes {
    /// Reads `REFRESH_TOKEN_TTL` and `ACCESS_TOKEN_TTL`.
    init(_ settings: inout Settings) {
        accessTokenSeconds = settings.integer(
            "ACCESS_TOKEN_TTL", default: Self.recommendedAccessTokenSeconds,
            in: 1...Int(TokenType.maximumAccessLifetimeSeconds))
        sessionSeconds = settings.integer(
            "REFRESH_TOKEN_TTL", default: 2 * Self.weekSeconds, in: 1...52 * Self.weekSeconds)
    }
}
