import Database
import Foundation
import ServiceRuntime

/// The outcome of opening an order.
enum OpenOrderResult: Sendable {
    /// The order is new and pending.
    case opened
    /// An earlier request with the same idempotency key and basket placed this order.
    case alreadyPlaced(Order)
    /// A request with the same idempotency key and basket is in progress.
    case inProgress
    /// The idempotency key was used for another basket.
    case conflict
}

/// The tables of orders, of the outbox and of used links.
///
/// An order is `pending` before catalog is called, so no reservation exists without the row of its order. It becomes
/// `placed` in one transaction with the outbox entry of its message. Otherwise it becomes `abandoned` in one transaction
/// with the outbox entry that releases its stock. Customers see only `placed` and `cancelled` orders.
struct OrderStore: Sendable {
    let database: SQLDatabase

    /// Inserts a pending order, unless the account has used the idempotency key before.
    func open(
        _ id: UUID, _ basket: Basket, of account: String, key: String?, at date: Date, leaseUntil: Date
    ) async throws -> OpenOrderResult {
        try await database.write { connection in
            let inserted = try connection.execute(
                """
                INSERT INTO orders (id, account, status, created_at, lease_until, fingerprint, idempotency_key)
                VALUES ($1, $2, 'pending', $3, $4, $5, $6) ON CONFLICT (account, idempotency_key) DO NOTHING
                """,
                id, account, date, leaseUntil, basket.fingerprint, key)
            guard inserted == 0 else { return .opened }
            guard
                let known = try connection.queryOne(
                    "SELECT id, fingerprint FROM orders WHERE account = $1 AND idempotency_key = $2", account, key)
            else { return .inProgress }
            let fingerprint: String = try known["fingerprint"]
            guard fingerprint.utf8.elementsEqual(basket.fingerprint.utf8) else { return .conflict }
            return try Self.order(known["id"], of: account, in: connection).map(OpenOrderResult.alreadyPlaced)
                ?? .inProgress
        }
    }

    /// Places a pending order, and inserts the outbox entry of the message about it.
    ///
    /// - Returns: The order, or nil if it is no longer pending.
    func place(
        _ id: UUID, _ reservation: Reservation, total: Money, message: Message, at date: Date
    ) async throws -> Order? {
        let trace = StoredTrace.current
        return try await database.write { connection in
            guard
                let row = try connection.queryOne(
                    """
                    UPDATE orders SET status = 'placed', total_cents = $2, currency = $3
                    WHERE id = $1 AND status = 'pending' RETURNING account
                    """,
                    id, total.cents, total.currency)
            else { return nil }
            for (index, item) in reservation.items.enumerated() {
                try connection.execute(
                    """
                    INSERT INTO order_items (order_id, place, product_id, quantity, name, price_cents)
                    VALUES ($1, $2, $3, $4, $5, $6)
                    """,
                    id, index, item.productID, item.quantity, item.name, item.priceCents)
            }
            let account: String = try row["account"]
            try Self.insertDelivery(of: message, about: id, to: account, at: date, in: trace, on: connection)
            return try Self.order(id, of: account, in: connection)
        }
    }

    /// Abandons a pending order, and inserts the outbox entry that releases its stock, due at `releaseAt`.
    func abandon(_ id: UUID, at date: Date, releaseAt: Date) async throws {
        let trace = StoredTrace.current
        try await database.write { connection in
            let row = try connection.queryOne(
                """
                UPDATE orders SET status = 'abandoned', idempotency_key = NULL
                WHERE id = $1 AND status = 'pending' RETURNING id, account
                """, id)
            if let row {
                try Self.insertRelease(of: row, at: date, dueAt: releaseAt, in: trace, on: connection)
            }
        }
    }

    /// Abandons the pending orders whose lease has ended, because their requests ended without a response.
    ///
    /// A lease that ends later than any process could have given it now is from before the clock was set back. It has ended,
    /// too.
    ///
    /// - Parameter held: Orders whose requests are in progress. They stay pending.
    func abandonExpired(at date: Date, except held: Set<UUID> = []) async throws {
        // Look with a read first: usually no lease has ended, and a write would queue for the single writer.
        let ids: [UUID] = try await database.read { connection in
            let pending = "SELECT id FROM orders WHERE status = 'pending' AND lease_until"
            let ended = try connection.query("\(pending) <= $1", date)
            let implausible = try connection.query(
                "\(pending) > $1", date + OrderLeases.lifetimeSeconds + OrderLeases.clockToleranceSeconds)
            return try (ended + implausible).map { try $0["id"] }
        }
        for id in ids where !held.contains(id) { try await abandon(id, at: date, releaseAt: date) }
    }

    /// Cancels an order of an account, and inserts the outbox entry that releases its stock. A repeated call changes
    /// nothing.
    ///
    /// - Returns: The order, or nil if the account has no such order. The first call also returns the outbox entry,
    ///   which only the caller may run before `leaseUntil`.
    func cancel(
        _ id: UUID, of account: String, at date: Date, leaseUntil: Date
    ) async throws -> (order: Order, release: OutboxEntry?)? {
        let trace = StoredTrace.current
        return try await database.write { connection in
            let cancelled = try connection.queryOne(
                """
                UPDATE orders SET status = 'cancelled' WHERE id = $1 AND account = $2 AND status = 'placed'
                RETURNING id, account
                """, id, account)
            let release = try cancelled.map {
                try Self.insertRelease(of: $0, at: date, dueAt: leaseUntil, in: trace, on: connection)
            }
            return try Self.order(id, of: account, in: connection).map { ($0, release) }
        }
    }
}

// MARK: - Queries

extension OrderStore {
    /// The order of an account with this id, or nil if the account has no such order.
    func order(_ id: UUID, of account: String) async throws -> Order? {
        try await database.read { try Self.order(id, of: account, in: $0) }
    }

    /// The order of any account with this id, or nil if there is no such order.
    func order(_ id: UUID) async throws -> Order? {
        try await database.read { try Self.orders($0.query(Self.select("id = $1"), id)).first }
    }

    /// One page of the orders of an account, newest first.
    func orders(of account: String, _ page: PageRequest) async throws -> [Order] {
        try await database.read { connection in
            try Self.orders(
                connection.query(
                    Self.select("account = $1 AND id < $2 ORDER BY id DESC LIMIT $3"),
                    account, page.newestFirstBound, page.fetchLimit))
        }
    }

    /// One page of the orders of all accounts, newest first.
    func orders(_ page: PageRequest) async throws -> [Order] {
        try await database.read { connection in
            try Self.orders(
                connection.query(
                    Self.select("id < $1 ORDER BY id DESC LIMIT $2"), page.newestFirstBound, page.fetchLimit))
        }
    }

    private static func order(_ id: UUID, of account: String, in connection: Connection) throws -> Order? {
        try orders(connection.query(select("id = $1 AND account = $2"), id, account)).first
    }

    /// A query for the items of the placed and cancelled orders that meet `condition`. Each such order has items.
    private static func select(_ condition: String) -> String {
        """
        SELECT orders.id, account, status, total_cents, currency, created_at, product_id, quantity, name, price_cents
        FROM (SELECT * FROM orders WHERE status IN ('placed', 'cancelled') AND \(condition)) AS orders
        JOIN order_items ON order_items.order_id = orders.id
        ORDER BY orders.id DESC, place
        """
    }

    /// The orders in the rows of a query that `select` made. The rows of one order are consecutive.
    private static func orders(_ rows: [Row]) throws -> [Order] {
        var orders: [Order] = []
        for row in rows {
            if try orders.last?.id != row["id"] { orders.append(try Order(row)) }
            orders[orders.count - 1].items.append(try Order.Item(row))
        }
        return orders
    }
}

extension Order {
    /// Reads an order without its items.
    init(_ row: Row) throws {
        id = try row["id"]
        account = try row["account"]
        status = try row["status"]
        totalCents = try row["total_cents"]
        currency = try row["currency"]
        createdAt = try row["created_at"]
        items = []
    }
}

extension Order.Item {
    init(_ row: Row) throws {
        productID = try row["product_id"]
        quantity = try row["quantity"]
        name = try row["name"]
        priceCents = try row["price_cents"]
    }
}

extension Order.Status: Storable {
    init?(_ value: SQLValue) {
        guard case .text(let text) = value else { return nil }
        self.init(rawValue: text)
    }

    var value: SQLValue { .text(rawValue) }
}
