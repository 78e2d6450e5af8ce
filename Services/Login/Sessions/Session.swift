import Foundation

/// A session, which begins with a sign-in. It limits the scope, audience and lifetime of all tokens that are issued for
/// it.
struct Session: Sendable, Equatable {
    let id: UUID
    let accountID: UUID
    let username: String
    /// The maximum scope of its access tokens. Scopes that are granted later are not added.
    let scope: Scope
    /// The scope that a token must have to manage the account: that of the session, or that of the account if the
    /// sign-in asked for less.
    let wholeScope: Scope
    /// The services that accept its access tokens.
    let audience: [String]
    /// The registered client that holds its tokens; nil for login's own client and pages.
    let clientID: String?
    /// The program and the address that it began with.
    let client: ClientInfo
    /// The program and the address of the last use.
    let lastClient: ClientInfo
    let createdAt: Date
    /// The time of the last use; equal to `createdAt` before the first one. No access token was issued later.
    let lastUsedAt: Date
    /// The time at which the session and all its tokens end. Using the session does not change it.
    let expiresAt: Date
}
