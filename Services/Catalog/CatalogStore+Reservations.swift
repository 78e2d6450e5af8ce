import Database
import Foundation
import ServiceRuntime

/// The outcome of a request to reserve stock.
enum ReserveResult: Sendable, Equatable {
    /// The stock is now reserved.
    case created(Reservation)
    /// An earlier request with the same id and quantities reserved the stock.
    case existing(Reservation)
    /// These products have less stock than requested. Nothing was reserved.
    case outOfStock([UUID])
    /// The catalog does not sell these products. Nothing was reserved.
    case unknownProducts([UUID])
    /// There is a reservation with the same id and other quantities.
    case conflict
    /// The reservation with this id was released. The id cannot be used again.
    case released
}

extension CatalogStore {
    /// Reserves all quantities under an id. If a product is unknown or has too little stock, it reserves nothing.
    ///
    /// Each change of stock is one conditional statement. Therefore stock is never sold twice, even if several processes
    /// reserve at the same time.
    func reserve(_ id: UUID, _ quantities: Quantities, at date: Date) async throws -> ReserveResult {
        do {
            return try await database.write { connection in
                let inserted = try connection.execute(
                    "INSERT INTO reservations (id, created_at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING",
                    id, date)
                guard inserted == 1 else { return try Self.repeatReservation(id, quantities, in: connection) }
                try Self.takeStock(quantities, for: id, in: connection)
                return .created(try Self.reservation(id, in: connection))
            }
        } catch let rollback as Rollback {
            return rollback.result
        }
    }

    /// Returns the stock of a reservation and marks its id as released.
    ///
    /// The method marks the id even if there is no reservation yet, because the request to reserve may arrive later.
    func release(_ id: UUID, at date: Date) async throws {
        try await database.write { connection in
            // Insert first, because the insertion waits for a concurrent transaction that inserts the same reservation.
            try connection.execute(
                "INSERT INTO reservations (id, created_at, released_at) VALUES ($1, $2, $2) ON CONFLICT (id) DO NOTHING",
                id, date)
            let released = try connection.execute(
                "UPDATE reservations SET released_at = $2 WHERE id = $1 AND released_at IS NULL", id, date)
            if released == 1 { try Self.returnStock(of: id, in: connection) }
        }
    }

    /// An error that is thrown inside a transaction to roll back its changes of stock.
    private struct Rollback: Error {
        let result: ReserveResult
    }

    private static func repeatReservation(
        _ id: UUID, _ quantities: Quantities, in connection: Connection
    ) throws -> ReserveResult {
        let held = try connection.queryOne("SELECT id FROM reservations WHERE id = $1 AND released_at IS NULL", id)
        guard held != nil else { return .released }
        let reservation = try reservation(id, in: connection)
        return reservation.quantities == quantities ? .existing(reservation) : .conflict
    }

    /// - Throws: `Rollback` if some products are unknown or have too little stock.
    private static func takeStock(_ quantities: Quantities, for id: UUID, in connection: Connection) throws {
        var unknown: [UUID] = []
        var outOfStock: [UUID] = []
        for (product, quantity) in quantities.products {
            let taken = try connection.queryOne(
                """
                UPDATE products SET stock = stock - $1 WHERE id = $2 AND stock >= $1 AND NOT deleted
                RETURNING id AS product_id, $1 AS quantity, name, price_cents, currency
                """,
                quantity, product)
            if let taken {
                try insert(Reservation.Item(taken), of: id, in: connection)
            } else if try isSold(product, in: connection) {
                outOfStock.append(product)
            } else {
                unknown.append(product)
            }
        }
        guard unknown.isEmpty else { throw Rollback(result: .unknownProducts(unknown)) }
        guard outOfStock.isEmpty else { throw Rollback(result: .outOfStock(outOfStock)) }
    }

    private static func insert(_ item: Reservation.Item, of id: UUID, in connection: Connection) throws {
        try connection.execute(
            """
            INSERT INTO reservation_items (reservation_id, product_id, quantity, name, price_cents, currency)
            VALUES ($1, $2, $3, $4, $5, $6)
            """,
            id, item.productID, item.quantity, item.name, item.priceCents, item.currency)
    }

    private static func isSold(_ product: UUID, in connection: Connection) throws -> Bool {
        try connection.queryOne("SELECT id FROM products WHERE id = $1 AND NOT deleted", product) != nil
    }

    private static func reservation(_ id: UUID, in connection: Connection) throws -> Reservation {
        let rows = try connection.query(
            """
            SELECT product_id, quantity, name, price_cents, currency FROM reservation_items
            WHERE reservation_id = $1 ORDER BY product_id
            """,
            id)
        return Reservation(id: id, items: try rows.map(Reservation.Item.init))
    }

    /// Returns the stock in the order of the product ids, the order in which `takeStock` takes it.
    private static func returnStock(of id: UUID, in connection: Connection) throws {
        for item in try reservation(id, in: connection).items {
            try connection.execute(
                "UPDATE products SET stock = stock + $1 WHERE id = $2", item.quantity, item.productID)
        }
    }
}

extension Reservation.Item {
    init(_ row: Row) throws {
        productID = try row["product_id"]
        quantity = try row["quantity"]
        name = try row["name"]
        priceCents = try row["price_cents"]
        currency = try row["currency"]
    }
}
