import Foundation

/// A session: it begins with a sign-in and bounds all tokens that are issued for it until it ends.
struct Session: Sendable, Equatable {
    let id: UUID
    let accountID: UUID
    let username: String
    /// The most that its access tokens allow. Scopes that are granted later are not added.
    let scope: Scope
    /// The services that accept its access tokens.
    let audience: [String]
    /// The program and the address that it began with.
    let client: ClientInfo
    let createdAt: Date
    /// The last use; equal to `createdAt` before the first one. No access token was issued later.
    let lastUsedAt: Date
    /// The end of the session and of all its tokens. Use does not move it.
    let expiresAt: Date
}
