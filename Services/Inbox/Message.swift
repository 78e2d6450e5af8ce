import Foundation

/// A message to an account.
struct Message: Sendable {
    let id: UUID
    let subject: String
    let body: String
    let createdAt: Date
    let isRead: Bool
}
