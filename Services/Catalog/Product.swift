import Foundation

/// A product that the catalog sells.
struct Product: Sendable, Equatable {
    let id: UUID
    var name: String
    var description: String
    var priceCents: Int
    /// Three capital letters (ISO 4217).
    var currency: String
    /// The number of pieces that are not reserved.
    var stock: Int
}
