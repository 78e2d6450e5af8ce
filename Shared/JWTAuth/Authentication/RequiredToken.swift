public import Foundation

/// The kind of token that a route requires; it rejects every other kind.
public enum RequiredToken: Sendable {
    /// An access token that login issued to a user.
    case user
    /// A token that one of the named services signed for this one request.
    case service(from: [String])
    /// A link token that this service signed for this one request, in the query parameter `token`.
    ///
    /// The token is valid for one use, which `usedLinks` records.
    case link(usedLinks: any UsedLinkStore)
}

/// A record of the link tokens that were used, kept for `RequiredToken.link(usedLinks:)`.
public protocol UsedLinkStore: Sendable {
    /// Records that the link token `id` is used, in one atomic step.
    ///
    /// - Parameters:
    ///   - id: The token's id (`jti`).
    ///   - expiry: The time at which the token expires; the record is not needed for longer, but for the leeway.
    ///   - date: The present time.
    /// - Returns: false when the token was used before.
    func useLink(_ id: String, until expiry: Date, at date: Date) async throws -> Bool
}
