import Foundation

/// A note of an account.
struct Note: Sendable {
    let id: UUID
    let text: String
    let createdAt: Date
}
