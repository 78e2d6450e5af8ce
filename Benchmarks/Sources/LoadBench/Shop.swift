import Foundation

/// The users and the product of the load.
struct Shop: Sendable {
    private static let stock = 1_000_000_000

    private let services: Services
    private let shoppers: [Shopper]
    private let product: String

    /// Creates the product, and signs users up and in. Each sign-in and sign-up costs a password hash, so this takes a
    /// while.
    static func open(services: Services, shopperCount: Int) async throws -> Shop {
        let product = try await createProduct(services)
        var shoppers: [Shopper] = []
        for number in 0..<shopperCount {
            let shopper = Shopper(services: services, username: "load\(number)")
            try await shopper.signUp()
            for _ in 0..<4 { try await shopper.signIn() }
            guard await !shopper.accessToken.isEmpty else {
                throw LoadError("load\(number) cannot sign in. Remove the data with: scripts/down && rm -r data")
            }
            shoppers.append(shopper)
        }
        return Shop(services: services, shoppers: shoppers, product: product)
    }

    private static func createProduct(_ services: Services) async throws -> String {
        struct Token: Decodable { let access_token: String }
        struct Product: Decodable { let id: String }
        let form = "grant_type=password&username=staff&password=correct+horse+battery+staple&scope=catalog:write"
        let response = try await services.send(.POST, .login, "/token", form: form)
        guard response.status == 200 else {
            throw LoadError("staff cannot sign in. Start the services with the demo accounts: scripts/up --release")
        }
        let token = try JSONDecoder().decode(Token.self, from: response.body).access_token
        let created = try await services.send(
            .POST, .catalog, "/products", token: token,
            json: #"{"name":"Load","price_cents":100,"stock":\#(stock)}"#)
        guard created.status == 201 else { throw LoadError("The product cannot be created: \(created.status).") }
        return try JSONDecoder().decode(Product.self, from: created.body).id
    }

    /// Performs the operation with a number, for one of the users. Returns the status of the response.
    func perform(_ number: Int) async throws -> Int {
        let shopper = shoppers[number % shoppers.count]
        switch Operation.number(number) {
        case .browse: return try await services.send(.GET, .catalog, "/products").status
        case .readMessages: return try await read(.inbox, "/messages", shopper)
        case .readOrders: return try await read(.orders, "/orders", shopper)
        case .order:
            return try await services.send(
                .POST, .orders, "/orders", token: shopper.accessToken,
                json: #"{"items":[{"product_id":"\#(product)","quantity":1}]}"#,
                headers: ["Idempotency-Key": UUID().uuidString]
            ).status
        case .refresh:
            // All refresh tokens of this user are in use: read instead, so the rate stays.
            guard let status = try await shopper.refresh() else { return try await read(.orders, "/orders", shopper) }
            return status
        case .signIn: return try await shopper.signIn()
        case .checkHealth:
            let services = Services.Name.allCases
            return try await self.services.send(.GET, services[number % services.count], "/healthz").status
        }
    }

    /// Reads the newest rows of a list. Their number stays the same, however many orders earlier steps have placed.
    private func read(_ service: Services.Name, _ path: String, _ shopper: Shopper) async throws -> Int {
        try await services.send(.GET, service, "\(path)?limit=10", token: shopper.accessToken).status
    }
}
