import Database
import Foundation
import ServiceRuntime

/// The orders of all accounts, and the errands that are still to be run for them.
///
/// An order begins as `pending`, before catalog is asked, so that no reservation is ever without its row. It becomes
/// `placed` in one transaction with the errand of its message, or `abandoned` with the errand of giving back what may be
/// reserved. Customers see only `placed` and `cancelled`.
struct OrderStore: Sendable {
    let database: SQLDatabase

    static let migrations = [
        Migration(
            "orders",
            """
            CREATE TABLE orders (
                id TEXT PRIMARY KEY,
                account TEXT NOT NULL,
                status TEXT NOT NULL CHECK (status IN ('pending', 'placed', 'cancelled', 'abandoned')),
                total_cents BIGINT NOT NULL DEFAULT 0,
                currency TEXT NOT NULL DEFAULT '',
                created_at BIGINT NOT NULL,
                -- Until when a pending order is in the hands of the request that began it.
                lease_until BIGINT NOT NULL,
                fingerprint TEXT NOT NULL,
                idempotency_key TEXT,
                UNIQUE (account, idempotency_key)
            );
            CREATE INDEX orders_of_account ON orders (account, id);
            CREATE INDEX pending_orders ON orders (lease_until) WHERE status = 'pending';
            CREATE TABLE order_items (
                order_id TEXT NOT NULL REFERENCES orders (id),
                place BIGINT NOT NULL,
                product_id TEXT NOT NULL,
                quantity BIGINT NOT NULL,
                name TEXT NOT NULL,
                price_cents BIGINT NOT NULL,
                PRIMARY KEY (order_id, place)
            );
            CREATE TABLE errands (
                id TEXT PRIMARY KEY,
                kind TEXT NOT NULL CHECK (kind IN ('release', 'message')),
                order_id TEXT NOT NULL REFERENCES orders (id),
                account TEXT NOT NULL,
                subject TEXT NOT NULL DEFAULT '',
                body TEXT NOT NULL DEFAULT '',
                attempts BIGINT NOT NULL DEFAULT 0,
                next_attempt_at BIGINT NOT NULL
            );
            CREATE INDEX due_errands ON errands (next_attempt_at);
            """),
        Migration("spent links", "CREATE TABLE spent_links (id TEXT PRIMARY KEY, expires_at BIGINT NOT NULL)"),
    ]

    /// What is already known under an idempotency key.
    enum Opening: Sendable {
        case opened
        case alreadyPlaced(Order)
        case underWay
        case differs
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
                    "SELECT * FROM orders WHERE account = $1 AND idempotency_key = $2", account, key)
            else { return .underWay }
            let fingerprint: String = try known["fingerprint"]
            guard fingerprint.utf8.elementsEqual(basket.fingerprint.utf8) else { return .differs }
            return try order(known, connection).map(Opening.alreadyPlaced) ?? .underWay
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
                    WHERE id = $1 AND status = 'pending' RETURNING *
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
            try connection.execute(
                """
                INSERT INTO errands (id, kind, order_id, account, subject, body, next_attempt_at)
                VALUES ($1, 'message', $2, $3, $4, $5, $6)
                """,
                message.id, id, try row["account"] as String, message.subject, message.body, date.milliseconds)
            return try order(row, connection)
        }
    }

    /// Gives up a pending order; `release` when something may be reserved for it.
    func abandon(_ id: UUID, release: Bool, at date: Date) async throws {
        try await database.write { connection in
            let rows = try connection.query(
                """
                UPDATE orders SET status = 'abandoned', idempotency_key = NULL
                WHERE id = $1 AND status = 'pending' RETURNING id, account
                """, id)
            for row in rows where release { try addRelease(of: row, connection, at: date, dueAt: date) }
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
            for row in rows { try addRelease(of: row, connection, at: date, dueAt: date) }
        }
    }

    /// Cancels an order of an account, with the errand of giving its stock back; a second time changes nothing.
    ///
    /// - Returns: The order and, the first time, the errand, which is the caller's to run until `leaseUntil`; nil when the
    ///   account has no order with this id.
    func cancel(
        _ id: UUID, of account: String, at date: Date, leaseUntil: Date
    ) async throws -> (order: Order, release: Errand?)? {
        try await database.write { connection in
            let cancelled = try connection.queryOne(
                """
                UPDATE orders SET status = 'cancelled' WHERE id = $1 AND account = $2 AND status = 'placed'
                RETURNING id, account
                """, id, account)
            let release = try cancelled.map { try addRelease(of: $0, connection, at: date, dueAt: leaseUntil) }
            return try find(id, of: account, connection).map { ($0, release) }
        }
    }

    /// The order with this id, of one account or, for staff, of any.
    func order(_ id: UUID, of account: String?) async throws -> Order? {
        try await database.read { try find(id, of: account, $0) }
    }

    /// Orders, newest first: of one account, or of all.
    func orders(of account: String?, _ page: Page) async throws -> [Order] {
        try await database.read { connection in
            try connection.query(
                """
                SELECT * FROM orders WHERE status IN ('placed', 'cancelled')
                    AND ($1 IS NULL OR account = $1) AND id < $2
                ORDER BY id DESC LIMIT $3
                """,
                account, page.newestFirstBound, page.fetchLimit
            ).compactMap { try order($0, connection) }
        }
    }

    private func find(_ id: UUID, of account: String?, _ connection: Connection) throws -> Order? {
        try connection.queryOne(
            "SELECT * FROM orders WHERE id = $1 AND ($2 IS NULL OR account = $2)", id, account
        ).flatMap { try order($0, connection) }
    }

    @discardableResult
    private func addRelease(
        of order: Row, _ connection: Connection, at date: Date, dueAt: Date
    ) throws -> Errand {
        let errand = Errand(
            id: .version7(at: date), order: try order["id"], account: try order["account"], task: .release, attempts: 0)
        try connection.execute(
            "INSERT INTO errands (id, kind, order_id, account, next_attempt_at) VALUES ($1, 'release', $2, $3, $4)",
            errand.id, errand.order, errand.account, dueAt.milliseconds)
        return errand
    }

    /// The order of a row; nil while it is none that a customer sees.
    private func order(_ row: Row, _ connection: Connection) throws -> Order? {
        guard let status = Order.Status(rawValue: try row["status"]) else { return nil }
        let id: UUID = try row["id"]
        let items = try connection.query("SELECT * FROM order_items WHERE order_id = $1 ORDER BY place", id)
        return Order(
            id: id, account: try row["account"], status: status, totalCents: try row["total_cents"],
            currency: try row["currency"],
            items: try items.map {
                Order.Item(
                    productID: try $0["product_id"], quantity: try $0["quantity"], name: try $0["name"],
                    priceCents: try $0["price_cents"])
            }, createdAt: Date(milliseconds: try row["created_at"]))
    }
}
