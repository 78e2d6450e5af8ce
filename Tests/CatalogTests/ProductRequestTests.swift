import Foundation
import HTTPTypes
import ServiceRuntime
import Testing

@testable import CatalogService

@Suite struct ProductRequestTests {
    @Test(arguments: [
        (ProductRequest(name: "", priceCents: 1), ["name"]),
        (ProductRequest(name: " \u{3000}\t", priceCents: 1), ["name"]),
        (ProductRequest(name: "two\nlines", priceCents: 1), ["name"]),
        (ProductRequest(name: "two\u{2028}lines", priceCents: 1), ["name"]),
        (ProductRequest(name: "nul\u{0}", priceCents: 1), ["name"]),
        (ProductRequest(name: String(repeating: "a", count: 201), priceCents: 1), ["name"]),
        (ProductRequest(name: String(repeating: "é", count: 201), priceCents: 1), ["name"]),
        (ProductRequest(name: String(repeating: "e\u{301}", count: 101), priceCents: 1), ["name"]),
        (ProductRequest(name: "a"), ["price_cents"]),
        (ProductRequest(), ["name", "price_cents"]),
        (ProductRequest(name: "a", priceCents: -1), ["price_cents"]),
        (ProductRequest(name: "a", priceCents: 100_000_001), ["price_cents"]),
        (ProductRequest(name: "a", description: "\u{0}", priceCents: 1), ["description"]),
        (ProductRequest(name: "a", description: "\u{9b}31m", priceCents: 1), ["description"]),
        (ProductRequest(name: "a", description: String(repeating: "a", count: 10_001), priceCents: 1), ["description"]),
        (ProductRequest(name: "a", priceCents: 1, currency: "eur"), ["currency"]),
        (ProductRequest(name: "a", priceCents: 1, currency: "EURO"), ["currency"]),
        (ProductRequest(name: "a", priceCents: 1, currency: "€"), ["currency"]),
        (ProductRequest(name: "a", priceCents: 1, stock: -1), ["stock"]),
        (ProductRequest(name: "a", priceCents: 1, stock: 1_000_000_001), ["stock"]),
        (
            ProductRequest(name: "", description: "\u{7}", priceCents: -1, currency: "", stock: -1),
            ["name", "description", "price_cents", "currency", "stock"]
        ),
    ])
    func `every invalid or missing field of a product is named`(fields: ProductRequest, names: [String]) throws {
        let problem = try #require(throws: Problem.self) { try fields.product(id: UUID()) }
        #expect(problem.status == .unprocessableContent)
        #expect((problem.extensions["errors"] as? [Problem.InvalidField])?.map(\.field) == names)
    }

    @Test(arguments: [
        ProductRequest(name: "a", priceCents: 0),
        ProductRequest(
            name: String(repeating: "é", count: 200), description: "Two\r\n\tlines 👋", priceCents: 100_000_000,
            currency: "JPY", stock: 1_000_000_000),
    ])
    func `a product whose fields are at their limits is valid`(fields: ProductRequest) throws {
        let product = try fields.product(id: UUID())
        #expect(product.name == fields.name)
        #expect(product.description == fields.description ?? "")
        #expect(product.priceCents == fields.priceCents)
        #expect(product.currency == fields.currency ?? "EUR")
        #expect(product.stock == fields.stock ?? 0)
    }

    @Test func `the demo products are valid and sorted by their ids`() {
        #expect(DemoData.products.count == 12)
        for product in DemoData.products {
            let fields = ProductRequest(
                name: product.name, description: product.description, priceCents: product.priceCents,
                currency: product.currency, stock: product.stock)
            #expect(throws: Never.self) { try fields.validate() }
        }
        let ids = DemoData.products.map(\.id.lowercase)
        #expect(ids == ids.sorted() && Set(ids).count == 12)
    }
}
