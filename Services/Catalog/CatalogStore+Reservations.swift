import Database
import Foundation
import ServiceRuntime

/// Stock that is set aside for one order, at the prices of that moment.
struct Reservation: Sendable, Equatable {
    struct Item: Sendable, Equatable {
        let productID: UUID
        let quantity: Int
        let name: String
        let priceCents: Int
        let currency: String
    }

    let id: UUID
    let items: [Item]
}

/// Why a reservation is not made.
enum ReservationRefusal: Error, Equatable {
    /// There is not enough of these products.
    case outOfStock([UUID])
    /// These are not products that are sold.
    case unknownProducts([UUID])
    /// A reservation with this id and other items exists.
    case conflict
    /// The reservation with this id was released. It is not made again.
    case released
}

/// How many of each product a reservation asks for: every product once, in the order of the ids.
///
/// The order keeps two transactions that want the same products from waiting for each other in a circle.
struct Quantities: Sendable, Equatable {
    let products: [(id: UUID, quantity: Int)]

    init(_ items: some Sequence<(UUID, Int)>) {
        products = Dictionary(items, uniquingKeysWith: +)
            .map { (id: $0.key, quantity: $0.value) }
            .sorted { $0.id.lowercase < $1.id.lowercase }
    }

    static func == (left: Self, right: Self) -> Bool {
        left.products.elementsEqual(right.products, by: ==)
    }
}

extension CatalogStore {
    /// Sets stock aside under this id, all of it or none.
    ///
    /// Every change is one conditional statement, so that stock cannot be sold twice, however many processes do this at
    /// the same time.
    ///
    /// - Returns: The reservation, and whether it is new: the same call repeated finds what the first one made.
    /// - Throws: `ReservationRefusal`; then nothing was reserved.
    func reserve(
        _ id: UUID, _ wanted: Quantities, at date: Date
    ) async throws -> (reservation: Reservation, isNew: Bool) {
        try await database.write { connection in
            let added = try connection.execute(
                "INSERT INTO reservations (id, created_at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING",
                id, date.milliseconds)
            let isNew = added == 1
            if isNew {
                try Self.takeStock(wanted, for: id, connection)
            } else {
                try Self.requireHeld(id, connection)
            }
            let reservation = try Self.reservation(id, connection)
            guard reservation.quantities == wanted else { throw ReservationRefusal.conflict }
            return (reservation, isNew)
        }
    }

    /// Gives the stock of a reservation back, and sees to it that a reservation with this id is not made later: an order
    /// may be given up while its reservation is still on the way.
    func release(_ id: UUID, at date: Date) async throws {
        try await database.write { connection in
            // First, because it waits for a reservation with this id that is being made at this moment.
            try connection.execute(
                "INSERT INTO reservations (id, created_at, released_at) VALUES ($1, $2, $2) ON CONFLICT (id) DO NOTHING",
                id, date.milliseconds)
            let released = try connection.execute(
                "UPDATE reservations SET released_at = $2 WHERE id = $1 AND released_at IS NULL", id, date.milliseconds)
            if released == 1 { try Self.returnStock(of: id, connection) }
        }
    }

    private static func takeStock(_ wanted: Quantities, for id: UUID, _ connection: Connection) throws {
        var unknown: [UUID] = []
        var outOfStock: [UUID] = []
        for (product, quantity) in wanted.products {
            let taken = try connection.queryOne(
                """
                UPDATE products SET stock = stock - $1 WHERE id = $2 AND stock >= $1 AND NOT deleted
                RETURNING id AS product_id, $1 AS quantity, name, price_cents, currency
                """,
                quantity, product)
            if let taken {
                try record(Reservation.Item(taken), for: id, connection)
            } else if try isSold(product, connection) {
                outOfStock.append(product)
            } else {
                unknown.append(product)
            }
        }
        guard unknown.isEmpty else { throw ReservationRefusal.unknownProducts(unknown) }
        guard outOfStock.isEmpty else { throw ReservationRefusal.outOfStock(outOfStock) }
    }

    private static func record(_ item: Reservation.Item, for id: UUID, _ connection: Connection) throws {
        try connection.execute(
            """
            INSERT INTO reservation_items (reservation_id, product_id, quantity, name, price_cents, currency)
            VALUES ($1, $2, $3, $4, $5, $6)
            """,
            id, item.productID, item.quantity, item.name, item.priceCents, item.currency)
    }

    private static func isSold(_ product: UUID, _ connection: Connection) throws -> Bool {
        try connection.queryOne("SELECT id FROM products WHERE id = $1 AND NOT deleted", product) != nil
    }

    private static func requireHeld(_ id: UUID, _ connection: Connection) throws {
        let held = try connection.queryOne(
            "SELECT id FROM reservations WHERE id = $1 AND released_at IS NULL", id)
        guard held != nil else { throw ReservationRefusal.released }
    }

    private static func reservation(_ id: UUID, _ connection: Connection) throws -> Reservation {
        let rows = try connection.query(
            """
            SELECT product_id, quantity, name, price_cents, currency FROM reservation_items
            WHERE reservation_id = $1 ORDER BY product_id
            """,
            id)
        return Reservation(id: id, items: try rows.map(Reservation.Item.init))
    }

    /// In the order of the products, as when stock is taken.
    private static func returnStock(of id: UUID, _ connection: Connection) throws {
        for item in try reservation(id, connection).items {
            try connection.execute(
                "UPDATE products SET stock = stock + $1 WHERE id = $2", item.quantity, item.productID)
        }
    }
}

extension Reservation {
    var quantities: Quantities {
        Quantities(items.map { ($0.productID, $0.quantity) })
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
