import HTTPTypes

/// The requests of a customer.
extension Cluster {
    /// Signs up and returns the status.
    public func signUp(_ name: String, password: String = Demo.password) async throws -> Int {
        try await send(
            .post, .login, "/signup", json: #"{"username": "\#(name)", "password": "\#(password)"}"#
        ).status
    }

    /// Signs in with the password grant.
    ///
    /// - Parameter extra: More members of the JSON body, such as `, "audience": "orders"`.
    public func signIn(_ name: String, password: String = Demo.password, extra: String = "") async throws
        -> ReceivedResponse
    {
        try await send(
            .post, .login, "/token",
            json: #"{"grant_type": "password", "username": "\#(name)", "password": "\#(password)"\#(extra)}"#)
    }

    /// Signs in and returns the access token.
    public func token(_ name: String, password: String = Demo.password, extra: String = "") async throws -> String {
        try await signIn(name, password: password, extra: extra).decoded(as: TokenResponse.self).accessToken
    }

    /// Exchanges a refresh token for new tokens.
    public func renew(_ refreshToken: String) async throws -> ReceivedResponse {
        try await send(
            .post, .login, "/token",
            json: #"{"grant_type": "refresh_token", "refresh_token": "\#(refreshToken)"}"#)
    }

    /// Orders one product.
    ///
    /// - Parameter key: The `Idempotency-Key` of the request.
    public func order(
        _ quantity: Int = 1, of product: String = Demo.lamp, token: String, key: String? = nil
    ) async throws -> ReceivedResponse {
        var headers = HTTPFields()
        if let key, let name = HTTPField.Name("Idempotency-Key") { headers[name] = key }
        return try await send(
            .post, .orders, "/orders", token: token, headers: headers,
            json: #"{"items": [{"product_id": "\#(product)", "quantity": \#(quantity)}]}"#)
    }

    /// All orders of a customer, the newest first.
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

    /// The first page of the messages of a customer, the newest first.
    public func messages(token: String) async throws -> [Message] {
        struct List: Decodable { let messages: [Message] }
        return try await get(.inbox, "/messages", token: token).decoded(as: List.self).messages
    }

    /// The stock of a product.
    public func stock(of product: String = Demo.lamp) async throws -> Int {
        struct Product: Decodable { let stock: Int }
        return try await get(.catalog, "/products/\(product)").decoded(as: Product.self).stock
    }
}
