public import Foundation

/// A record of the link tokens that were used, which `RequiredToken.link(usedLinks:)` requires.
public protocol UsedLinkStore: Sendable {
    /// Records that a link token is used, in one atomic step.
    ///
    /// - Parameters:
    ///   - id: The token's id (`jti`).
    ///   - keepUntil: The time until which the store must keep the record.
    ///   - date: The current time.
    /// - Returns: false when the token was used before.
    func useLink(_ id: String, keepUntil: Date, at date: Date) async throws -> Bool
}
