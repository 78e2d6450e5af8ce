import HTTPTypes
import TestSupport
import Testing

@Suite(.serialized, .enabled(if: ServiceName.exist(ServiceName.shop))) struct DurabilityTests {
    @Test func `acknowledged accounts survive a kill of login`() async throws {
        try await withCluster(running: [.login]) { cluster in
            let acknowledged = await acknowledgedUntilKilled(.login, of: cluster, after: 5) { number in
                try await cluster.signUp("customer-\(number)") == 201 ? "customer-\(number)" : nil
            }
            try await cluster.start(.login)
            #expect(acknowledged.count >= 5)
            for name in acknowledged {
                #expect(try await cluster.signIn(name).status == 200, "\(name)")
            }
        }
    }

    @Test func `acknowledged orders survive a kill of orders, and the stock agrees with them`() async throws {
        try await withCluster { cluster in
            let token = try await cluster.token("alice")
            let acknowledged = await acknowledgedUntilKilled(.orders, of: cluster, after: 8) { _ in
                let response = try await cluster.order(token: token)
                return response.status == 201 ? try response.decoded(as: Order.self).id : nil
            }
            try await cluster.start(.orders)
            #expect(acknowledged.count >= 8)
            let found = try await cluster.orders(token: token)
            #expect(Set(found.map(\.id)).isSuperset(of: acknowledged))
            #expect(try await eventually { try await cluster.stock() == Demo.lampsInStock - found.count })
            #expect(try await eventually { try await cluster.messages(token: token).count == found.count })
        }
    }

    @Test func `a request that was accepted before SIGTERM is completed`() async throws {
        try await withCluster(running: [.login, .catalog, .inbox]) { cluster in
            let token = try await cluster.token("alice")
            try await withInterruptibleProxy(to: cluster.url(.catalog)) { catalog, address in
                try await cluster.start(.orders, environment: ["CATALOG_URL": address])
                catalog.holdNextResponse(to: .put)
                async let response = cluster.order(token: token)
                await catalog.waitForHeldResponse()
                async let status = cluster.stop(.orders)
                #expect(try await eventually { await cluster.refusesConnections(.orders) })
                catalog.releaseResponse()
                #expect(try await response.status == 201)
                #expect(try await status == 0)
            }
        }
    }

    /// Runs `work` in four clients and kills the service once it has acknowledged `enough` results. Returns all
    /// acknowledged results.
    private func acknowledgedUntilKilled(
        _ service: ServiceName, of cluster: Cluster, after enough: Int,
        work: @escaping @Sendable (Int) async throws -> String?
    ) async -> [String] {
        let acknowledged = Acknowledged()
        await withDiscardingTaskGroup { group in
            for client in 0..<4 {
                group.addTask {
                    for number in 0..<100 {
                        guard let result = try? await work(client * 100 + number) else { return }
                        if await acknowledged.append(result) == enough { try? await cluster.kill(service) }
                    }
                }
            }
        }
        return await acknowledged.results
    }

    private actor Acknowledged {
        private(set) var results: [String] = []

        /// Adds a result and returns the number of results.
        func append(_ result: String) -> Int {
            results.append(result)
            return results.count
        }
    }
}
