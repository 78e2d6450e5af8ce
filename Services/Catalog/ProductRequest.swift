import Foundation
import ServiceRuntime

/// The body of `POST /products` and `PATCH /products/{id}`. A field is nil if the body does not name it.
struct ProductRequest: Sendable {
    var name: String?
    var description: String?
    var priceCents: Int?
    var currency: String?
    var stock: Int?

    // A character is a Unicode scalar, as in JSON Schema, so the OpenAPI document states the same limits.
    private static let maximumNameCharacters = 200
    private static let maximumDescriptionCharacters = 10_000
    /// One million units of the currency. The total of the largest order, 100 products in quantities of 10,000, then
    /// fits into 64 bits.
    private static let maximumPriceCents = 100_000_000
    private static let maximumStock = 1_000_000_000

    /// The new product. Its description is empty, its currency EUR and its stock 0 if the request does not name them.
    ///
    /// - Throws: `Problem` with status 422 that names every missing or invalid field.
    func product(id: UUID) throws -> Product {
        var errors = invalidFields
        if name == nil { errors.append(.init("name", "is missing")) }
        if priceCents == nil { errors.append(.init("price_cents", "is missing")) }
        guard errors.isEmpty, let name, let priceCents else { throw Problem.unprocessable(errors) }
        return Product(
            id: id, name: name, description: description ?? "", priceCents: priceCents, currency: currency ?? "EUR",
            stock: stock ?? 0)
    }

    /// Checks the fields of a change, none of which is required.
    ///
    /// - Throws: `Problem` with status 422 that names every invalid field.
    func validate() throws {
        let errors = invalidFields
        guard errors.isEmpty else { throw Problem.unprocessable(errors) }
    }

    private var invalidFields: [Problem.InvalidField] {
        var errors: [Problem.InvalidField] = []
        func check<Value>(_ field: String, _ value: Value?, _ isValid: (Value) -> Bool, _ rule: String) {
            if let value, !isValid(value) { errors.append(.init(field, rule)) }
        }
        check("name", name, Self.isName, "must be one line of 1 to \(Self.maximumNameCharacters) characters")
        check(
            "description", description, Self.isDescription,
            "must be text of at most \(Self.maximumDescriptionCharacters) characters, without control characters")
        check(
            "price_cents", priceCents, (0...Self.maximumPriceCents).contains,
            "must be from 0 to \(Self.maximumPriceCents)")
        check("currency", currency, Self.isCurrency, "must be three capital letters, such as EUR")
        check("stock", stock, (0...Self.maximumStock).contains, "must be from 0 to \(Self.maximumStock)")
        return errors
    }

    private static func isName(_ text: String) -> Bool {
        (1...maximumNameCharacters).contains(text.unicodeScalars.count)
            && !text.unicodeScalars.contains(where: isControl)
            && !text.unicodeScalars.allSatisfy(\.properties.isWhitespace)
    }

    /// Tabs and line ends are the only control characters that a description may have.
    private static func isDescription(_ text: String) -> Bool {
        text.unicodeScalars.count <= maximumDescriptionCharacters
            && text.unicodeScalars.allSatisfy { !isControl($0) || "\t\r\n".unicodeScalars.contains($0) }
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        [.control, .lineSeparator, .paragraphSeparator].contains(scalar.properties.generalCategory)
    }

    private static func isCurrency(_ text: String) -> Bool {
        text.utf8.count == 3 && text.utf8.allSatisfy((UInt8(ascii: "A")...UInt8(ascii: "Z")).contains)
    }
}

extension ProductRequest: Decodable {
    private enum CodingKeys: CodingKey {
        case name, description, price_cents, currency, stock
    }

    /// Reads the members that the body names. None of them may be null, because a product has all fields.
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
