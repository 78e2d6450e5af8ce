import HTTPTypes

/// A customer who sends requests to the services in turn and renews the access token before it expires.
public actor Shopper {
    private let cluster: Cluster
    private let steps: [Step]
    private var tokens: TokenResponse
    private var renewAt: ContinuousClock.Instant
    private var lastOrder: String?
    private var nextStep = 0

    private enum Step {
        case listProducts, listOrders, listMessages, order, cancel, showProfile
    }

    /// Signs a customer in. The customer sends requests only to `services`.
    public init(_ name: String, of cluster: Cluster, at services: Set<ServiceName> = Set(ServiceName.standard))
        async throws
    {
        self.cluster = cluster
        steps =
            (services.contains(.catalog) ? [.listProducts] : [])
            + (services.contains(.orders) ? [.listOrders] : []) + (services.contains(.inbox) ? [.listMessages] : [])
            + (services.isSuperset(of: [.orders, .catalog]) ? [.order, .cancel] : [])
            + (services.contains(.login) ? [.showProfile] : [])
        tokens = try await cluster.signIn(name).decoded()
        renewAt = .now + .seconds(tokens.expiresIn) / 2
    }

    /// Sends the next request, and returns a label for it and the status.
    public func next() async throws -> (label: String, status: Int) {
        if .now >= renewAt {
            let response = try await cluster.renew(tokens.refreshToken)
            guard response.status == 200 else { return ("renewal", response.status) }
            tokens = try response.decoded()
            renewAt = .now + .seconds(tokens.expiresIn) / 2
        }
        defer { nextStep += 1 }
        let token = tokens.accessToken
        switch steps[nextStep % steps.count] {
        case .listProducts: return ("products", try await cluster.get(.catalog, "/products").status)
        case .listOrders: return ("orders", try await cluster.get(.orders, "/orders?limit=5", token: token).status)
        case .listMessages:
            return ("messages", try await cluster.get(.inbox, "/messages?limit=5", token: token).status)
        case .showProfile: return ("me", try await cluster.get(.login, "/me", token: token).status)
        case .order:
            let response = try await cluster.order(token: token)
            lastOrder = response.status == 201 ? try response.decoded(as: Order.self).id : nil
            return ("checkout", response.status)
        case .cancel:
            guard let order = lastOrder else {
                return ("products", try await cluster.get(.catalog, "/products").status)
            }
            return ("cancel", try await cluster.send(.post, .orders, "/orders/\(order)/cancel", token: token).status)
        }
    }
}

extension Cluster {
    /// Keeps customers shopping until `body` returns, and returns the results of their requests.
    public func underLoad(
        clients: Int = 4, at services: Set<ServiceName> = Set(ServiceName.standard), while body: () async throws -> Void
    ) async throws -> Tally {
        var shoppers: [Shopper] = []
        for client in 0..<clients {
            shoppers.append(try await Shopper(["alice", "bob"][client % 2], of: self, at: services))
        }
        let allShoppers = shoppers
        return try await TestSupport.underLoad(
            clients: clients, request: { try await allShoppers[$0].next() }, while: body)
    }
}
