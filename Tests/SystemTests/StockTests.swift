import HTTPTypes
import TestSupport
import Testing

@Suite(.serialized, .enabled(if: ServiceName.exist(ServiceName.shop))) struct StockTests {
    @Test func `fifty clients that order the last twelve chairs get twelve`() async throws {
        try await withCluster { cluster in
            let tokens = [try await cluster.token("alice"), try await cluster.token("bob")]
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for client in 0..<50 {
                    group.addTask {
                        try await cluster.order(of: Demo.chair, token: tokens[client % tokens.count]).status
                    }
                }
                return try await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
            }
            #expect(statuses == [201: Demo.chairsInStock, 409: 50 - Demo.chairsInStock])
            #expect(try await cluster.stock(of: Demo.chair) == 0)
            var placed = 0
            for token in tokens { placed += try await cluster.orders(token: token).count }
            #expect(placed == Demo.chairsInStock)
        }
    }

    @Test func `one idempotency key makes one order, however often it is sent`() async throws {
        try await withCluster { cluster in
            let token = try await cluster.token("alice")
            let responses = try await withThrowingTaskGroup(of: ReceivedResponse.self) { group in
                for _ in 0..<10 { group.addTask { try await cluster.order(token: token, key: "one-basket") } }
                return try await group.reduce(into: [ReceivedResponse]()) { $0.append($1) }
            }
            #expect(responses.contains { $0.status == 201 })
            #expect(responses.allSatisfy { [201, 409].contains($0.status) })
            #expect(try await cluster.order(token: token, key: "one-basket").status == 201)
            #expect(try await cluster.orders(token: token).count == 1)
            #expect(try await cluster.stock() == Demo.lampsInStock - 1)
        }
    }

    @Test func `a checkout without catalog gets 503 and leaves nothing ordered or reserved`() async throws {
        try await withCluster { cluster in
            let token = try await cluster.token("alice")
            try await cluster.stop(.catalog)
            let rejected = try await cluster.order(token: token)
            #expect(rejected.status == 503)
            #expect(rejected.headers[.retryAfter] != nil)
            try await cluster.start(.catalog)
            #expect(try await cluster.orders(token: token).isEmpty)
            #expect(try await cluster.stock() == Demo.lampsInStock)
        }
    }

    @Test func `a catalog that responds too late leaves nothing reserved`() async throws {
        try await withCluster { cluster in
            let token = try await cluster.token("alice")
            try cluster.pause(.catalog)
            #expect(try await cluster.order(token: token).status == 503)
            try cluster.resume(.catalog)
            #expect(try await cluster.orders(token: token).isEmpty)
            #expect(try await recovers(cluster, token: token, initially: Demo.lampsInStock))
        }
    }

    @Test func `a kill of orders between a reservation and its response leaves neither half behind`() async throws {
        try await withCluster(running: [.login, .catalog, .inbox]) { cluster in
            let token = try await cluster.token("alice")
            try await withInterruptibleProxy(to: cluster.url(.catalog)) { catalog, address in
                try await cluster.start(.orders, environment: ["CATALOG_URL": address])
                catalog.holdNextResponse(to: .put)
                let lost = Task { try await cluster.order(3, token: token, key: "the-crash") }
                await catalog.waitForHeldResponse()
                #expect(try await cluster.stock() == Demo.lampsInStock - 3)
                try await cluster.kill(.orders)
                await #expect(throws: (any Error).self) { try await lost.value }
            }
            try await cluster.start(.orders)
            #expect(try await recovers(cluster, token: token, initially: Demo.lampsInStock))
            #expect(try await eventually { try await cluster.order(3, token: token, key: "the-crash").status == 201 })
            #expect(try await cluster.orders(token: token).count == 1)
            #expect(try await cluster.stock() == Demo.lampsInStock - 3)
        }
    }

    /// Whether the stock is back and no order remains, in time.
    private func recovers(_ cluster: Cluster, token: String, initially stock: Int) async throws -> Bool {
        try await eventually {
            let current = try await cluster.stock()
            return try await cluster.orders(token: token).isEmpty && current == stock
        }
    }
}
