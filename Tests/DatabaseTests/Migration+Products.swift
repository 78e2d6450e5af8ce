import Database

extension Migration {
    /// The schema of most tests of this target.
    static let products = Migration(
        "products",
        """
        CREATE TABLE products (
            id TEXT PRIMARY KEY, stock BIGINT NOT NULL CHECK (stock >= 0), name TEXT UNIQUE,
            active BOOLEAN, image BYTEA);
        CREATE INDEX products_by_stock ON products (stock);
        """)
}
