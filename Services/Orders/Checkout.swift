import Foundation
import HTTPTypes
import Logging
import ServiceRuntime

/// Places orders so that none is without its reservation, nor a reservation without its order.
///
/// The order is written down as pending, then catalog is asked, then the order is placed. Whatever ends a request in
/// between, the outbox then has catalog release what may be reserved.
struct Checkout: Sendable {
    let store: OrderStore
    let catalog: CatalogClient
    let outbox: Outbox
    let clock: WallClock

    /// How long a call to another service may take.
    static let callDeadline = Duration.seconds(3)
    /// How long a pending order belongs to its request: longer than the calls can take.
    private static let leaseSeconds = 6.0

    /// Places an order; under an idempotency key that was used before, the order is the earlier one.
    ///
    /// - Throws: `Problem`: 409 out of stock or still under way, 422 for unknown products or a key that was used for
    ///   another basket, 503 when catalog cannot be reached.
    func place(_ basket: Basket, for account: String, key: String?, logger: Logger) async throws -> Order {
        let now = clock.now()
        let id = UUID.version7(at: now)
        let opening = try await store.open(
            id, basket, of: account, key: key, at: now, leaseUntil: now.addingTimeInterval(Self.leaseSeconds))
        switch opening {
        case .opened: break
        case .alreadyPlaced(let order): return order
        case .inProgress: throw Problem.requestInProgress
        case .conflict: throw Problem.keyReused
        }
        switch await catalog.reserve(basket, for: id, of: account) {
        case .reserved(let reservation):
            return try await place(id, reservation, logger: logger)
        case .refused(let problem):
            // As a rule nothing is reserved then, and when stock runs out many are refused at once: the release is not urgent.
            let now = clock.now()
            try await store.abandon(id, at: now, releaseAt: now.addingTimeInterval(Self.leaseSeconds))
            throw problem
        case .failed(let reason):
            try await giveUp(id, reason: reason, logger: logger)
            throw Problem.catalogUnavailable
        }
    }

    /// Cancels an order of an account and gives its stock back; a second time changes nothing.
    ///
    /// - Returns: The order, or nil when the account has none with this id.
    func cancel(_ id: UUID, of account: String) async throws -> Order? {
        let cancelled = try await store.cancel(id, of: account, at: clock.now(), leaseUntil: outbox.leaseEnd())
        // Run here rather than left to the outbox, so that the stock is back before the customer hears of it.
        if let release = cancelled?.release { await outbox.run(release) }
        return cancelled?.order
    }

    private func place(_ id: UUID, _ reservation: Reservation, logger: Logger) async throws -> Order {
        guard let total = reservation.total else {
            try await giveUp(id, reason: "there is no one total", logger: logger)
            throw Problem.noTotal
        }
        let now = clock.now()
        let message = Message(placed: id, reservation, total: total, at: now)
        guard let order = try await store.place(id, reservation, total: total, message: message, at: now) else {
            logger.warning("The order took so long that it was given up.", metadata: ["order": "\(id.lowercase)"])
            throw Problem.catalogUnavailable
        }
        outbox.notify()
        return order
    }

    private func giveUp(_ id: UUID, reason: String, logger: Logger) async throws {
        logger.warning("An order is given up.", metadata: ["order": "\(id.lowercase)", "reason": "\(reason)"])
        let now = clock.now()
        try await store.abandon(id, at: now, releaseAt: now)
        outbox.notify()
    }
}

extension Message {
    /// More items are counted, not listed: a message has a limit.
    private static let maxListedItems = 25

    /// The message that tells of a placed order.
    init(placed order: UUID, _ reservation: Reservation, total: Money, at date: Date) {
        var lines = reservation.items.prefix(Self.maxListedItems).map { "\($0.quantity) × \($0.name)" }
        let left = reservation.items.count - lines.count
        if left > 0 { lines.append("and \(left) more") }
        id = UUID.version7(at: date)
        subject = "Your order is placed"
        body = "Order \(order.lowercase)\n\(lines.joined(separator: "\n"))\nTotal: \(total)"
    }
}

extension Problem {
    fileprivate static let requestInProgress = Problem(
        .conflict, code: "request_in_progress", detail: "The request with this Idempotency-Key is still under way.",
        headers: [.retryAfter: "1"])

    fileprivate static let keyReused = Problem(
        .unprocessableContent, code: "idempotency_key_reused",
        detail: "This Idempotency-Key was used for another order. Take a new one.")

    fileprivate static let noTotal = Problem.unprocessable([
        .init("items", "have prices in several currencies, or too high a total; place several orders")
    ])

    fileprivate static let catalogUnavailable = Problem.unavailable(
        code: "catalog_unavailable", "The catalog cannot be reached. Nothing was ordered; try again.")
}
