import Database

/// The tables of orders. Times are milliseconds since 1970.
enum Schema {
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
                -- Until then only the request that opened a pending order may change it.
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
        Migration("spent links by expiry", "CREATE INDEX spent_links_by_expiry ON spent_links (expires_at)"),
        Migration(
            "outbox",
            """
            ALTER TABLE errands RENAME TO outbox;
            ALTER TABLE outbox ADD COLUMN created_at BIGINT NOT NULL DEFAULT 0;
            UPDATE outbox SET created_at = next_attempt_at;
            DROP INDEX due_errands;
            CREATE INDEX outbox_by_next_attempt ON outbox (next_attempt_at);
            CREATE INDEX outbox_by_creation ON outbox (created_at);
            """),
        Migration(
            "outbox by kind",
            """
            DROP INDEX outbox_by_next_attempt;
            CREATE INDEX outbox_by_kind_and_next_attempt ON outbox (kind, next_attempt_at);
            DROP INDEX outbox_by_creation;
            CREATE INDEX outbox_by_creation_and_id ON outbox (created_at, id);
            """),
        Migration(
            "outbox traces",
            """
            ALTER TABLE outbox ADD COLUMN traceparent TEXT NOT NULL DEFAULT '';
            ALTER TABLE outbox ADD COLUMN tracestate TEXT NOT NULL DEFAULT '';
            """),
    ]
}
