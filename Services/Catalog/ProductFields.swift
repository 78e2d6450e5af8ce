import Foundation
import ServiceRuntime

/// What staff say of a product when they create or change it.
struct ProductFields: Sendable {
    var name: String?
    var description: String?
    var priceCents: Int?
    var currency: String?
    var stock: Int?

    // Characters are Unicode scalars here, as in JSON Schema, so that the description of the API can say the same.
    private static let maxNameCharacters = 200
    private static let maxDescriptionCharacters = 10_000
    /// A million: the price of ten thousand pieces of a hundred such products still fits into 64 bits.
    private static let maxPriceCents = 100_000_000
    private static let maxStock = 1_000_000_000

    /// The new product that these fields describe: without a description, a currency or a stock, an empty one, euros and
    /// zero.
    ///
    /// - Throws: `Problem` with 422 that names every field that is missing or does not fit.
    func product(id: UUID) throws -> Product {
        var faults = faults
        if name == nil { faults.append(.init("name", "is missing")) }
        if priceCents == nil { faults.append(.init("price_cents", "is missing")) }
        guard faults.isEmpty, let name, let priceCents else { throw Problem.unprocessable(faults) }
        return Product(
            id: id, name: name, description: description ?? "", priceCents: priceCents, currency: currency ?? "EUR",
            stock: stock ?? 0)
    }

    /// - Throws: `Problem` with 422 that names every field that does not fit.
    func validate() throws {
        guard faults.isEmpty else { throw Problem.unprocessable(faults) }
    }

    private var faults: [Problem.InvalidField] {
        var faults: [Problem.InvalidField] = []
        func check<Value>(_ field: String, _ value: Value?, _ fits: (Value) -> Bool, _ rule: String) {
            if let value, !fits(value) { faults.append(.init(field, rule)) }
        }
        check("name", name, Self.isName, "must be one line of 1 to \(Self.maxNameCharacters) characters")
        check(
            "description", description, Self.isDescription,
            "must be text of at most \(Self.maxDescriptionCharacters) characters, none of them a control character")
        check("price_cents", priceCents, (0...Self.maxPriceCents).contains, "must be from 0 to \(Self.maxPriceCents)")
        check("currency", currency, Self.isCurrency, "must be three capital letters, such as EUR")
        check("stock", stock, (0...Self.maxStock).contains, "must be from 0 to \(Self.maxStock)")
        return faults
    }

    private static func isName(_ text: String) -> Bool {
        (1...maxNameCharacters).contains(text.unicodeScalars.count) && !text.unicodeScalars.contains(where: isControl)
            && !text.unicodeScalars.allSatisfy(\.properties.isWhitespace)
    }

    /// Tabs and line ends are the only control characters.
    private static func isDescription(_ text: String) -> Bool {
        text.unicodeScalars.count <= maxDescriptionCharacters
            && text.unicodeScalars.allSatisfy { !isControl($0) || "\t\r\n".unicodeScalars.contains($0) }
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        [.control, .lineSeparator, .paragraphSeparator].contains(scalar.properties.generalCategory)
    }

    private static func isCurrency(_ text: String) -> Bool {
        text.utf8.count == 3 && text.utf8.allSatisfy((UInt8(ascii: "A")...UInt8(ascii: "Z")).contains)
    }
}

extension ProductFields: Decodable {
    private enum CodingKeys: CodingKey {
        case name, description, price_cents, currency, stock
    }

    /// A member that is there may not be null: no field of a product can be taken away.
    init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        func field<Value: Decodable>(_ key: CodingKeys, _ type: Value.Type) throws -> Value? {
            members.contains(key) ? try members.decode(type, forKey: key) : nil
        }
        name = try field(.name, String.self)
        description = try field(.description, String.self)
        priceCents = try field(.price_cents, JSONInteger.self)?.value
        currency = try field(.currency, String.self)
        stock = try field(.stock, JSONInteger.self)?.value
    }
}
