import HTTPTypes

/// What the demo data contain.
public enum Demo {
    /// The password of all demo accounts.
    public static let password = "correct horse battery staple"
    /// A product.
    public static let lamp = "01900000-0000-7000-8000-000000000001"
    /// Another product.
    public static let chair = "01900000-0000-7000-8000-000000000002"
    /// How many lamps there are at first.
    public static let lampsInStock = 40
    /// How many chairs there are at first.
    public static let chairsInStock = 12
}

/// An order as its customer sees it.
public struct Order: Decodable, Equatable, Sendable {
    /// The order's id, its status (`placed`, `cancelled`) and its currency.
    public let id, status, currency: String
    /// The total in hundredths of the currency.
    public let totalCents: Int
}

/// A message as its owner sees it.
public struct Message: Decodable, Sendable {
    /// The message's id and its texts.
    public let id, subject, body: String
    /// Whether it was marked as read.
    public let read: Bool
}

/// The answer of `/token`.
public struct Grant: Decodable, Sendable {
    /// The two tokens.
    public let accessToken, refreshToken: String
    /// How long the access token lives, in seconds.
    public let expiresIn: Int
}

/// What a customer does, in single words.
extension Cluster {
    /// Signs up and returns the status.
    public func signUp(_ name: String, password: String = Demo.password) async throws -> Int {
        try await send(
            .post, .login, "/signup", json: #"{"username": "\#(name)", "password": "\#(password)"}"#
        ).status
    }

    /// Signs in and returns the answer of `/token`.
    public func signIn(_ name: String, password: String = Demo.password, extra: String = "") async throws
        -> ReceivedResponse
    {
        try await send(
            .post, .login, "/token",
            json: #"{"grant_type": "password", "username": "\#(name)", "password": "\#(password)"\#(extra)}"#)
    }

    /// Signs in and returns the access token.
    public func token(_ name: String, password: String = Demo.password, extra: String = "") async throws -> String {
        try await signIn(name, password: password, extra: extra).decoded(as: Grant.self).accessToken
    }

    /// Exchanges a refresh token and returns the answer of `/token`.
    public func renew(_ refreshToken: String) async throws -> ReceivedResponse {
        try await send(
            .post, .login, "/token",
            json: #"{"grant_type": "refresh_token", "refresh_token": "\#(refreshToken)"}"#)
    }

    /// Orders some of a product.
    public func order(
        _ quantity: Int = 1, of product: String = Demo.lamp, token: String, key: String? = nil
    ) async throws -> ReceivedResponse {
        var headers = HTTPFields()
        if let key, let name = HTTPField.Name("Idempotency-Key") { headers[name] = key }
        return try await send(
            .post, .orders, "/orders", token: token, headers: headers,
            json: #"{"items": [{"product_id": "\#(product)", "quantity": \#(quantity)}]}"#)
    }

    /// All orders of a customer, newest first.
    public func orders(token: String) async throws -> [Order] {
        struct List: Decodable {
            let orders: [Order]
            let next: String?
        }
        var (orders, path) = ([Order](), "/orders?limit=200")
        while true {
            let list = try await get(.orders, path, token: token).decoded(as: List.self)
            orders += list.orders
            guard let next = list.next else { return orders }
            path = "/orders?limit=200&after=\(next)"
        }
    }

    /// The messages of a customer, newest first, as far as one page goes.
    public func messages(token: String) async throws -> [Message] {
        struct List: Decodable { let messages: [Message] }
        return try await get(.inbox, "/messages", token: token).decoded(as: List.self).messages
    }

    /// How many of a product are left.
    public func stock(of product: String = Demo.lamp) async throws -> Int {
        struct Product: Decodable { let stock: Int }
        return try await get(.catalog, "/products/\(product)").decoded(as: Product.self).stock
    }
}
