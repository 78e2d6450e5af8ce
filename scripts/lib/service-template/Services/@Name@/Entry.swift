import Foundation

/// An entry of an account.
struct Entry: Sendable {
    let id: UUID
    let text: String
    let createdAt: Date
}
