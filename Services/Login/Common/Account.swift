// Common: accounts, user names and scopes, and the tables that several stores use. This is a separate folder because the
// others need it, and it needs none of them.

import Foundation

/// The account of a person.
struct Account: Sendable, Equatable {
    let id: UUID
    let username: String
    /// The scopes that are granted to the account, in the order in which they were granted.
    let scope: Scope
    let isDisabled: Bool
    /// The number of password changes.
    let passwordVersion: Int
}
