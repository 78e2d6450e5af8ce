import Foundation
import Hummingbird
import ServiceRuntime

/// Something that is sold.
struct Product: Sendable, Equatable {
    let id: UUID
    var name: String
    var description: String
    var priceCents: Int
    /// Three capital letters (ISO 4217).
    var currency: String
    /// How many can still be reserved.
    var stock: Int
}

extension Product: ResponseEncodable {
    enum CodingKeys: String, CodingKey {
        case id, name, description, currency, stock
        case priceCents = "price_cents"
    }

    func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: CodingKeys.self)
        try members.encode(id.lowercase, forKey: .id)
        try members.encode(name, forKey: .name)
        try members.encode(description, forKey: .description)
        try members.encode(priceCents, forKey: .priceCents)
        try members.encode(currency, forKey: .currency)
        try members.encode(stock, forKey: .stock)
    }
}

/// What staff say of a product when they create it or change it.
struct ProductFields: Sendable {
    var name: String?
    var description: String?
    var priceCents: Int?
    var currency: String?
    var stock: Int?

    static let maxNameBytes = 200
    static let maxDescriptionBytes = 10_000
    /// A million of any currency: a hundred thousand million orders of it still fit into 64 bits.
    static let maxPriceCents = 100_000_000
    static let maxStock = 1_000_000_000

    /// The product that these fields describe. Without a description it has an empty one, without a currency it is
    /// priced in euros, without a stock there is none.
    ///
    /// - Throws: `Problem` with 422 that names every field that is missing or does not fit.
    func product(id: UUID) throws -> Product {
        var invalid = invalidFields
        if name == nil { invalid.append(.init("name", "is missing")) }
        if priceCents == nil { invalid.append(.init("price_cents", "is missing")) }
        guard invalid.isEmpty, let name, let priceCents else { throw Problem.unprocessable(invalid) }
        return Product(
            id: id, name: name, description: description ?? "", priceCents: priceCents, currency: currency ?? "EUR",
            stock: stock ?? 0)
    }

    /// The fields whose values do not fit.
    var invalidFields: [Problem.InvalidField] {
        var invalid: [Problem.InvalidField] = []
        func require(_ isValid: Bool?, _ field: String, _ detail: String) {
            if isValid == false { invalid.append(.init(field, detail)) }
        }
        require(name.map(Self.isName), "name", "must be one line of 1 to \(Self.maxNameBytes) bytes")
        require(
            description.map(Self.isDescription), "description",
            "must be at most \(Self.maxDescriptionBytes) bytes without control characters other than tab and line end")
        require(
            priceCents.map((0...Self.maxPriceCents).contains), "price_cents", "must be from 0 to \(Self.maxPriceCents)")
        require(currency.map(Self.isCurrency), "currency", "must be three capital letters, such as EUR")
        require(stock.map((0...Self.maxStock).contains), "stock", "must be from 0 to \(Self.maxStock)")
        return invalid
    }

    private static func isName(_ text: String) -> Bool {
        (1...maxNameBytes).contains(text.utf8.count)
            && text.unicodeScalars.allSatisfy { !isControl($0) }
            && text.unicodeScalars.contains { !$0.properties.isWhitespace }
    }

    private static func isDescription(_ text: String) -> Bool {
        text.utf8.count <= maxDescriptionBytes
            && text.unicodeScalars.allSatisfy { !isControl($0) || "\t\n\r".unicodeScalars.contains($0) }
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.generalCategory == .control
    }

    private static func isCurrency(_ text: String) -> Bool {
        text.utf8.count == 3 && text.utf8.allSatisfy((UInt8(ascii: "A")...UInt8(ascii: "Z")).contains)
    }
}

extension ProductFields: Decodable {
    /// A member that is there may not be null: no field of a product can be taken away.
    init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: Product.CodingKeys.self)
        func field<Value: Decodable>(_ key: Product.CodingKeys) throws -> Value? {
            members.contains(key) ? try members.decode(Value.self, forKey: key) : nil
        }
        name = try field(.name)
        description = try field(.description)
        priceCents = try field(.priceCents)
        currency = try field(.currency)
        stock = try field(.stock)
    }
}
