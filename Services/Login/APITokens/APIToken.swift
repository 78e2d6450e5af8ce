import Foundation
import ServiceRuntime

/// An API token: an opaque credential of a program that acts for an account (the `Token` of Django REST framework).
///
/// It has no session. It lives until it expires, its owner deletes it or changes the password, or the account is
/// deleted. It is invalid while the account is disabled.
struct APIToken: Sendable, Equatable {
    let id: UUID
    let accountID: UUID
    let username: String
    /// The name by which the owner recognizes the token.
    let name: String
    /// The scope in force: the part of the token's scope that is granted to the account now.
    let scope: Scope
    let createdAt: Date
    /// Nil for a token that does not expire.
    let expiresAt: Date?

    /// The longest lifetime, in seconds: ten years.
    static let maximumLifetimeSeconds = 315_360_000
    /// The rule for names, as the rest of a sentence that begins with "name".
    static let nameRule = "must have 1 to 100 characters, no control characters, and no space at the beginning"

    private static let maximumNameCharacters = 100

    /// Whether a text meets `nameRule`. A character is a Unicode scalar, as in JSON Schema.
    static func isName(_ text: String) -> Bool {
        let scalars = text.unicodeScalars
        return (1...maximumNameCharacters).contains(scalars.count) && scalars.first != " "
            && scalars.allSatisfy { scalar in
                ![.control, .lineSeparator, .paragraphSeparator].contains(scalar.properties.generalCategory)
            }
    }
}
