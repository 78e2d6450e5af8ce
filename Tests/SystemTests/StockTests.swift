import HTTPTypes
import TestSupport
import Testing

@Suite(.serialized) struct `Stock and orders agree` {
    @Test func `fifty clients that buy the last twelve get twelve`() async throws {
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

    @Test func `one key makes one order, however often it is sent`() async throws {
        try await withCluster { cluster in
            let token = try await cluster.token("alice")
            let answers = try await withThrowingTaskGroup(of: ReceivedResponse.self) { group in
                for _ in 0..<10 { group.addTask { try await cluster.order(token: token, key: "one-basket") } }
                return try await group.reduce(into: [ReceivedResponse]()) { $0.append($1) }
            }
            #expect(answers.contains { $0.status == 201 })
            #expect(answers.allSatisfy { [201, 409].contains($0.status) })
            #expect(try await cluster.order(token: token, key: "one-basket").status == 201)
            #expect(try await cluster.orders(token: token).count == 1)
            #expect(try await cluster.stock() == Demo.lampsInStock - 1)
        }
    }

    @Test func `without catalog nothing is ordered and nothing stays reserved`() async throws {
        try await withCluster { cluster in
            let token = try await cluster.token("alice")
            try await cluster.stop(.catalog)
            let refused = try await cluster.order(token: token)
            #expect(refused.status == 503)
            #expect(refused.headers[.retryAfter] != nil)
            try await cluster.start(.catalog)
            #expect(try await cluster.orders(token: token).isEmpty)
            #expect(try await cluster.stock() == Demo.lampsInStock)
        }
    }

    @Test func `a catalog that answers too late leaves nothing reserved`() async throws {
        try await withCluster { cluster in
            let token = try await cluster.token("alice")
            try cluster.pause(.catalog)
            #expect(try await cluster.order(token: token).status == 503)
            try cluster.resume(.catalog)
            #expect(try await cluster.orders(token: token).isEmpty)
            #expect(try await settles(cluster, token: token, initially: Demo.lampsInStock))
        }
    }

    @Test func `orders killed after the reservation, before it knows of it, leaves neither half behind`() async throws {
        try await withCluster(running: [.login, .catalog, .inbox]) { cluster in
            let token = try await cluster.token("alice")
            try await withInterposer(before: cluster.url(.catalog)) { catalog, address in
                try await cluster.start(.orders, environment: ["CATALOG_URL": address])
                catalog.holdNextAnswer(to: .put)
                let lost = Task { try await cluster.order(3, token: token, key: "the-crash") }
                await catalog.answerIsHeld()
                #expect(try await cluster.stock() == Demo.lampsInStock - 3)
                try await cluster.kill(.orders)
                await #expect(throws: (any Error).self) { try await lost.value }
            }
            try await cluster.start(.orders)
            #expect(try await settles(cluster, token: token, initially: Demo.lampsInStock))
            #expect(try await eventually { try await cluster.order(3, token: token, key: "the-crash").status == 201 })
            #expect(try await cluster.orders(token: token).count == 1)
            #expect(try await cluster.stock() == Demo.lampsInStock - 3)
        }
    }

    /// Whether stock and orders come to agree: without an order, everything is back.
    private func settles(_ cluster: Cluster, token: String, initially stock: Int) async throws -> Bool {
        try await eventually {
            let now = try await cluster.stock()
            return try await cluster.orders(token: token).isEmpty && now == stock
        }
    }
}
