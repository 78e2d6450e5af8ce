import Foundation

/// A client that a person has allowed to use the account, with everything that was allowed.
struct ConnectedApp: Sendable {
    let clientID: String
    let name: ClientName
    let scope: Scope
    let audience: [String]
    /// The time at which the client was first allowed.
    let allowedAt: Date
}
