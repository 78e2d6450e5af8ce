import Database
import Foundation
import ServiceRuntime

/// The orders of all accounts, and the outbox with what other services still have to be told of them.
///
/// An order begins as `pending`, before catalog is asked, so that no reservation is ever without its row. It becomes
/// `placed` in one transaction with the outbox entry of its message, or `abandoned` with the entry that gives back what may
/// be reserved. Customers see only `placed` and `cancelled`.
struct OrderStore: Sendable {
    let database: SQLDatabase

    /// What came of beginning an order.
    enum Opening: Sendable {
        /// The order is new.
        case opened
        /// The order that was placed before under the same idempotency key for the same basket.
        case alreadyPlaced(Order)
        /// A request with the same key is still being worked on.
        case inProgress
        /// The key was used for another basket.
        case conflict
    }

    /// Begins an order, unless its customer's idempotency key was used before.
    func open(
        _ id: UUID, _ basket: Basket, of account: String, key: String?, at date: Date, leaseUntil: Date
    ) async throws -> Opening {
        try await database.write { connection in
            let isNew = try connection.execute(
                """
                INSERT INTO orders (id, account, status, created_at, lease_until, fingerprint, idempotency_key)
                VALUES ($1, $2, 'pending', $3, $4, $5, $6) ON CONFLICT (account, idempotency_key) DO NOTHING
                """,
                id, account, date.milliseconds, leaseUntil.milliseconds, basket.fingerprint, key)
            guard isNew == 0 else { return .opened }
            guard
                let known = try connection.queryOne(
                    "SELECT id, fingerprint FROM orders WHERE account = $1 AND idempotency_key = $2", account, key)
            else { return .inProgress }
            let fingerprint: String = try known["fingerprint"]
            guard fingerprint.utf8.elementsEqual(basket.fingerprint.utf8) else { return .conflict }
            return try Self.find(known["id"], of: account, connection).map(Opening.alreadyPlaced) ?? .inProgress
        }
    }

    /// Makes a pending order a placed one, with the message that tells its customer.
    ///
    /// - Returns: The order, or nil when it is no longer pending.
    func place(
        _ id: UUID, _ reservation: Reservation, total: Money, message: Message, at date: Date
    ) async throws -> Order? {
        try await database.write { connection in
            guard
                let row = try connection.queryOne(
                    """
                    UPDATE orders SET status = 'placed', total_cents = $2, currency = $3
                    WHERE id = $1 AND status = 'pending' RETURNING account
                    """,
                    id, total.cents, total.currency)
            else { return nil }
            for (place, item) in reservation.items.enumerated() {
                try connection.execute(
                    """
                    INSERT INTO order_items (order_id, place, product_id, quantity, name, price_cents)
                    VALUES ($1, $2, $3, $4, $5, $6)
                    """,
                    id, place, item.productID, item.quantity, item.name, item.priceCents)
            }
            let account: String = try row["account"]
            try Self.add(message, about: id, to: account, connection, at: date)
            return try Self.find(id, of: account, connection)
        }
    }

    /// Gives up a pending order, and leaves an outbox entry that releases what may be reserved for it, from `releaseAt` on.
    func abandon(_ id: UUID, at date: Date, releaseAt: Date) async throws {
        try await database.write { connection in
            let row = try connection.queryOne(
                """
                UPDATE orders SET status = 'abandoned', idempotency_key = NULL
                WHERE id = $1 AND status = 'pending' RETURNING id, account
                """, id)
            if let row { try Self.addRelease(of: row, connection, at: date, dueAt: releaseAt) }
        }
    }

    /// Gives up the pending orders whose requests ended without an answer, as after a crash.
    func abandonExpired(at date: Date) async throws {
        try await database.write { connection in
            let rows = try connection.query(
                """
                UPDATE orders SET status = 'abandoned', idempotency_key = NULL
                WHERE status = 'pending' AND lease_until <= $1 RETURNING id, account
                """, date.milliseconds)
            for row in rows { try Self.addRelease(of: row, connection, at: date, dueAt: date) }
        }
    }

    /// Cancels an order of an account, with the outbox entry that gives its stock back; a second time changes nothing.
    ///
    /// - Returns: The order and, the first time, the entry, which is the caller's to run until `leaseUntil`; nil when the
    ///   account has no order with this id.
    func cancel(
        _ id: UUID, of account: String, at date: Date, leaseUntil: Date
    ) async throws -> (order: Order, release: OutboxEntry?)? {
        try await database.write { connection in
            let cancelled = try connection.queryOne(
                """
                UPDATE orders SET status = 'cancelled' WHERE id = $1 AND account = $2 AND status = 'placed'
                RETURNING id, account
                """, id, account)
            let release = try cancelled.map { try Self.addRelease(of: $0, connection, at: date, dueAt: leaseUntil) }
            return try Self.find(id, of: account, connection).map { ($0, release) }
        }
    }
}

// MARK: - Reading

extension OrderStore {
    /// The order of an account with this id.
    func order(_ id: UUID, of account: String) async throws -> Order? {
        try await database.read { try Self.find(id, of: account, $0) }
    }

    /// The order with this id, whosever it is.
    func order(_ id: UUID) async throws -> Order? {
        try await database.read { try Self.orders($0.query(Self.select("id = $1"), id)).first }
    }

    /// The orders of an account, newest first.
    func orders(of account: String, _ page: PageRequest) async throws -> [Order] {
        try await database.read { connection in
            try Self.orders(
                connection.query(
                    Self.select("account = $1 AND id < $2 ORDER BY id DESC LIMIT $3"),
                    account, page.newestFirstBound, page.fetchLimit))
        }
    }

    /// The orders of all accounts, newest first.
    func orders(_ page: PageRequest) async throws -> [Order] {
        try await database.read { connection in
            try Self.orders(
                connection.query(
                    Self.select("id < $1 ORDER BY id DESC LIMIT $2"), page.newestFirstBound, page.fetchLimit))
        }
    }

    private static func find(_ id: UUID, of account: String, _ connection: Connection) throws -> Order? {
        try orders(connection.query(select("id = $1 AND account = $2"), id, account)).first
    }

    /// A query for the orders that customers see and that fit a condition, one row for each item: an order without items
    /// was never placed.
    private static func select(_ condition: String) -> String {
        """
        SELECT orders.id, account, status, total_cents, currency, created_at, product_id, quantity, name, price_cents
        FROM (SELECT * FROM orders WHERE status IN ('placed', 'cancelled') AND \(condition)) AS orders
        JOIN order_items ON order_items.order_id = orders.id
        ORDER BY orders.id DESC, place
        """
    }

    /// The orders of the rows that `select` gives.
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
    /// An order, still without its items.
    init(_ row: Row) throws {
        id = try row["id"]
        account = try row["account"]
        status = try row["status"]
        totalCents = try row["total_cents"]
        currency = try row["currency"]
        createdAt = Date(milliseconds: try row["created_at"])
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
