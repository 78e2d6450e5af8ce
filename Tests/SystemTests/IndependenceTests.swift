import HTTPTypes
import TestSupport
import Testing

@Suite(.serialized, .enabled(if: ServiceName.exist(ServiceName.shop))) struct IndependenceTests {
    @Test func `the services start and serve while login is down`() async throws {
        try await withCluster(running: [.login]) { cluster in
            let token = try await cluster.token("alice")
            try await cluster.stop(.login)

            for service in [ServiceName.catalog, .orders, .inbox] { try await cluster.start(service) }
            #expect(try await cluster.order(token: token).status == 201)
            #expect(try await cluster.orders(token: token).count == 1)
            #expect(try await eventually { try await cluster.messages(token: token).count == 1 })
        }
    }

    @Test func `only requests to the feed reach login while the other services respond`() async throws {
        try await withCluster(running: [.login]) { cluster in
            let token = try await cluster.token("alice")
            try await withInterruptibleProxy(to: cluster.url(.login)) { login, address in
                for service in [ServiceName.catalog, .orders, .inbox] {
                    try await cluster.start(service, environment: ["LOGIN_URL": address])
                }
                for _ in 1...10 {
                    #expect(try await cluster.order(token: token).status == 201)
                    #expect(try await cluster.get(.orders, "/orders", token: token).status == 200)
                    #expect(try await cluster.get(.inbox, "/messages", token: token).status == 200)
                    #expect(try await cluster.get(.inbox, "/messages", token: token.tampered).status == 401)
                }
                #expect(login.requests.filter { $0.path != "/revocations" } == [])
            }
        }
    }

    @Test func `a paused login delays no other service`() async throws {
        try await withCluster { cluster in
            let token = try await cluster.token("alice")
            // A service that asked login would give up and respond with an error.
            try cluster.pause(.login)
            #expect(try await cluster.order(token: token).status == 201)
            #expect(try await cluster.get(.orders, "/orders", token: token).status == 200)
            #expect(try await cluster.get(.inbox, "/messages", token: token).status == 200)
            try cluster.resume(.login)
        }
    }

    @Test func `an order succeeds while inbox is down, and its message arrives later`() async throws {
        try await withCluster(running: [.login, .catalog, .orders]) { cluster in
            let token = try await cluster.token("alice")
            #expect(try await cluster.order(token: token).status == 201)
            try await cluster.kill(.orders)
            try await cluster.start(.orders)
            try await cluster.start(.inbox)
            #expect(try await eventually { try await cluster.messages(token: token).count == 1 })
        }
    }
}
