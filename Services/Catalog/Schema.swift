import Database

/// The tables of catalog. Times are milliseconds since 1970.
enum Schema {
    static let migrations = [
        Migration(
            "products",
            """
            CREATE TABLE products (
                id TEXT PRIMARY KEY,
                name TEXT NOT NULL,
                description TEXT NOT NULL,
                price_cents BIGINT NOT NULL CHECK (price_cents >= 0),
                currency TEXT NOT NULL,
                stock BIGINT NOT NULL CHECK (stock >= 0),
                -- A deleted product keeps its row, because reservations refer to it.
                deleted BOOLEAN NOT NULL DEFAULT FALSE
            )
            """),
        Migration(
            "reservations",
            """
            CREATE TABLE reservations (
                id TEXT PRIMARY KEY,
                created_at BIGINT NOT NULL,
                -- Set once, by the release. No reservation is made under a released id, even if its request arrives later.
                released_at BIGINT
            );
            CREATE TABLE reservation_items (
                reservation_id TEXT NOT NULL REFERENCES reservations (id),
                product_id TEXT NOT NULL REFERENCES products (id),
                quantity BIGINT NOT NULL CHECK (quantity > 0),
                name TEXT NOT NULL,
                price_cents BIGINT NOT NULL,
                currency TEXT NOT NULL,
                PRIMARY KEY (reservation_id, product_id)
            );
            """),
    ]
}
