import Foundation

/// A call to another service that orders still has to make.
///
/// An entry is inserted in the transaction that makes the call necessary (the pattern "transactional outbox"). The
/// outbox deletes the entry after the call has succeeded.
struct OutboxEntry: Sendable {
    /// The kinds of calls, as the column `kind` names them.
    enum Kind: String, Sendable {
        case release, message
    }

    enum Call: Sendable {
        /// Catalog releases the stock that it reserved for the order.
        case release
        /// Inbox delivers a message to the account.
        case deliver(Message)
    }

    let id: UUID
    let order: UUID
    let account: String
    let call: Call
    /// The number of calls so far, including one that is in progress.
    let attempts: Int
    /// The trace of the request that made the call necessary.
    let trace: StoredTrace
}
