import Database
import Foundation
import ServiceRuntime

/// The tables of products and of reserved stock.
struct CatalogStore: Sendable {
    let database: SQLDatabase
    /// The database that customers read products from. It may show changes a little later.
    private let readDatabase: SQLDatabase

    /// - Parameter replica: A replica of the database, from which products are read; nil for none.
    init(database: SQLDatabase, replica: SQLDatabase? = nil) {
        self.database = database
        readDatabase = replica ?? database
    }

    private static let columns = "id, name, description, price_cents, currency, stock"

    /// One page of products, oldest first.
    func products(_ page: PageRequest) async throws -> [Product] {
        try await readDatabase.read { connection in
            try connection.query(
                "SELECT \(Self.columns) FROM products WHERE id > $1 AND NOT deleted ORDER BY id LIMIT $2",
                page.oldestFirstBound, page.fetchLimit
            ).map(Product.init)
        }
    }

    /// The product with this id, or nil if there is no such product.
    func product(_ id: UUID) async throws -> Product? {
        try await readDatabase.read { connection in
            try connection.queryOne(
                "SELECT \(Self.columns) FROM products WHERE id = $1 AND NOT deleted", id
            ).map(Product.init)
        }
    }

    /// Adds the products whose ids are not in the table. The ids of deleted products stay in the table.
    func add(_ products: [Product]) async throws {
        try await database.write { connection in
            for product in products {
                try connection.execute(
                    """
                    INSERT INTO products (\(Self.columns)) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO NOTHING
                    """,
                    product.id, product.name, product.description, product.priceCents, product.currency,
                    product.stock)
            }
        }
    }

    /// Changes the fields of a product that the request names.
    ///
    /// - Returns: The changed product, or nil if there is no such product.
    func change(_ id: UUID, to request: ProductRequest) async throws -> Product? {
        try await database.write { connection in
            try connection.queryOne(
                """
                UPDATE products SET name = COALESCE($2, name), description = COALESCE($3, description),
                    price_cents = COALESCE($4, price_cents), currency = COALESCE($5, currency),
                    stock = COALESCE($6, stock)
                WHERE id = $1 AND NOT deleted RETURNING \(Self.columns)
                """,
                id, request.name, request.description, request.priceCents, request.currency, request.stock
            ).map(Product.init)
        }
    }

    /// Removes a product from the catalog. Its reservations stay.
    ///
    /// - Returns: Whether there was such a product.
    func delete(_ id: UUID) async throws -> Bool {
        try await database.write { connection in
            try connection.execute(
                "UPDATE products SET deleted = TRUE WHERE id = $1 AND NOT deleted", id) == 1
        }
    }
}

extension Product {
    init(_ row: Row) throws {
        id = try row["id"]
        name = try row["name"]
        description = try row["description"]
        priceCents = try row["price_cents"]
        currency = try row["currency"]
        stock = try row["stock"]
    }
}
