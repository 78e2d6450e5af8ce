/// A successful response of `/token` (RFC 6749 §5.1).
public struct TokenResponse: Decodable, Sendable {
    /// The access token.
    public let accessToken: String
    /// The refresh token.
    public let refreshToken: String
    /// The lifetime of the access token in seconds.
    public let expiresIn: Int
}
