import HTTPTypes
import TestSupport
import Testing

/// What the demo data contain.
enum Demo {
    static let password = "correct horse battery staple"
    static let lamp = "01900000-0000-7000-8000-000000000001"
    static let chair = "01900000-0000-7000-8000-000000000002"
    static let lampsInStock = 40
    static let chairsInStock = 12
}

struct Order: Decodable, Equatable {
    let id, status, currency: String
    let totalCents: Int
}

struct Message: Decodable {
    let id, subject, body: String
    let read: Bool
}

/// What a customer does, in single words.
extension Cluster {
    /// Signs up and returns the status.
    func signUp(_ name: String, password: String = Demo.password) async throws -> Int {
        try await send(
            .post, .login, "/signup", json: #"{"username": "\#(name)", "password": "\#(password)"}"#
        ).status
    }

    /// Signs in and returns the answer of `/token`.
    func signIn(_ name: String, password: String = Demo.password, extra: String = "") async throws -> Answer {
        try await send(
            .post, .login, "/token",
            json: #"{"grant_type": "password", "username": "\#(name)", "password": "\#(password)"\#(extra)}"#)
    }

    /// Signs in and returns the access token.
    func token(_ name: String, password: String = Demo.password, extra: String = "") async throws -> String {
        struct Grant: Decodable { let accessToken: String }
        return try await signIn(name, password: password, extra: extra).decoded(as: Grant.self).accessToken
    }

    /// Orders some of a product.
    func order(
        _ quantity: Int = 1, of product: String = Demo.lamp, token: String, key: String? = nil
    ) async throws -> Answer {
        var headers = HTTPFields()
        if let key, let name = HTTPField.Name("Idempotency-Key") { headers[name] = key }
        return try await send(
            .post, .orders, "/orders", token: token, headers: headers,
            json: #"{"items": [{"product_id": "\#(product)", "quantity": \#(quantity)}]}"#)
    }

    /// The orders of a customer, newest first.
    func orders(token: String) async throws -> [Order] {
        struct List: Decodable { let orders: [Order] }
        return try await get(.orders, "/orders?limit=200", token: token).decoded(as: List.self).orders
    }

    /// The messages of a customer, newest first.
    func messages(token: String) async throws -> [Message] {
        struct List: Decodable { let messages: [Message] }
        return try await get(.inbox, "/messages", token: token).decoded(as: List.self).messages
    }

    /// How many of a product are left.
    func stock(of product: String = Demo.lamp) async throws -> Int {
        struct Product: Decodable { let stock: Int }
        return try await get(.catalog, "/products/\(product)").decoded(as: Product.self).stock
    }
}
