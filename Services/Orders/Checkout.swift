import Foundation
import Logging
import ServiceRuntime

/// The outcome of placing an order.
enum CheckoutResult: Sendable {
    /// The order is placed, by this request or by an earlier one with the same idempotency key.
    case placed(Order)
    /// A request with the same idempotency key and basket is in progress.
    case inProgress
    /// The idempotency key was used for another basket.
    case conflict
    /// These products have less stock than requested.
    case outOfStock([String])
    /// Catalog rejected these fields of the basket, such as unknown products.
    case invalidFields([Problem.InvalidField])
    /// The prices have several currencies, or their total is too high.
    case noTotal
    /// Catalog did not reserve the stock in time.
    case catalogUnavailable
}

/// Places and cancels orders. Each placed order has a reservation, and each reservation belongs to an order.
///
/// `Checkout` stores the order as pending, has catalog reserve the stock, and then places the order. If the request
/// ends before the last step, the outbox releases the stock.
struct Checkout: Sendable {
    let store: OrderStore
    let catalog: CatalogClient
    let outbox: Outbox
    let leases: OrderLeases
    let clock: WallClock

    /// The maximum time that a call to another service may take.
    static let callDeadline = Duration.seconds(3)

    /// Places an order, unless the idempotency key was used before.
    func place(_ basket: Basket, for account: String, key: String?) async throws -> CheckoutResult {
        let now = clock.now()
        let id = UUID.version7(at: now)
        leases.begin(id)
        defer { leases.end(id) }
        let opening = try await store.open(
            id, basket, of: account, key: key, at: now, leaseUntil: now + OrderLeases.lifetimeSeconds)
        switch opening {
        case .opened: break
        case .alreadyPlaced(let order): return .placed(order)
        case .inProgress: return .inProgress
        case .conflict: return .conflict
        }
        switch await catalog.reserve(basket, for: id, of: account) {
        case .reserved(let reservation):
            return try await place(id, reservation)
        case .outOfStock(let products):
            try await abandonRejected(id)
            return .outOfStock(products)
        case .invalidFields(let fields):
            try await abandonRejected(id)
            return .invalidFields(fields)
        case .failed(let reason):
            try await abandon(id, reason: reason)
            return .catalogUnavailable
        }
    }

    /// Cancels an order of an account and releases its stock. A repeated call changes nothing.
    ///
    /// - Returns: The order, or nil if the account has no such order.
    func cancel(_ id: UUID, of account: String) async throws -> Order? {
        let cancelled = try await store.cancel(id, of: account, at: clock.now(), leaseUntil: outbox.releases.leaseEnd())
        // Run the entry here and not in the outbox, because the stock must be released before the customer gets a
        // response.
        if let release = cancelled?.release { await outbox.releases.run(release) }
        return cancelled?.order
    }

    private func place(_ id: UUID, _ reservation: Reservation) async throws -> CheckoutResult {
        guard let total = reservation.total else {
            try await abandon(id, reason: "the reservation has no single total")
            return .noTotal
        }
        let now = clock.now()
        let message = Message(placed: id, reservation, total: total, at: now)
        guard let order = try await store.place(id, reservation, total: total, message: message, at: now) else {
            Logger.current.warning(
                "An order was abandoned because its lease ended before it was placed.",
                metadata: ["order": "\(id.lowercase)"])
            return .catalogUnavailable
        }
        outbox.notify()
        return .placed(order)
    }

    /// Abandons an order whose reservation catalog rejected.
    ///
    /// The release is not urgent, because catalog has usually reserved nothing. Catalog rejects many orders at once
    /// when stock runs out.
    private func abandonRejected(_ id: UUID) async throws {
        let now = clock.now()
        try await store.abandon(id, at: now, releaseAt: now + OrderLeases.lifetimeSeconds)
    }

    private func abandon(_ id: UUID, reason: String) async throws {
        Logger.current.warning("An order is abandoned.", metadata: ["order": "\(id.lowercase)", "reason": "\(reason)"])
        let now = clock.now()
        try await store.abandon(id, at: now, releaseAt: now)
        outbox.notify()
    }
}
