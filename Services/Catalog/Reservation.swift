import Foundation
import Hummingbird
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
    case differs
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

/// The body of `PUT /reservations/{id}`.
struct ReservationRequest: Decodable {
    struct Item: Decodable {
        enum CodingKeys: String, CodingKey {
            case productID = "product_id"
            case quantity
        }

        let productID: String
        let quantity: Int
    }

    let items: [Item]

    static let maxItems = 100
    static let maxQuantity = 10_000

    /// - Throws: `Problem` with 422 that names every item that does not fit.
    func quantities() throws -> Quantities {
        guard (1...Self.maxItems).contains(items.count) else {
            throw Problem.unprocessable([.init("items", "must be a list of 1 to \(Self.maxItems) items")])
        }
        var invalid: [Problem.InvalidField] = []
        var quantities: [(UUID, Int)] = []
        for (index, item) in items.enumerated() {
            let id = UUID(lowercase: item.productID)
            if id == nil { invalid.append(.init("items[\(index)].product_id", "must be the id of a product")) }
            if !(1...Self.maxQuantity).contains(item.quantity) {
                invalid.append(.init("items[\(index)].quantity", "must be from 1 to \(Self.maxQuantity)"))
            }
            if let id { quantities.append((id, item.quantity)) }
        }
        guard invalid.isEmpty else { throw Problem.unprocessable(invalid) }
        return Quantities(quantities)
    }
}
