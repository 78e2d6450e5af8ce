// SystemTests run the executables as processes, as scripts/up does, and check the properties that involve several
// services. They also execute the commands of the documentation, the scripts and the short drills. They are separate
// from the tests of the services because they take minutes.

import HTTPTypes
import TestSupport
import Testing

@Suite(.serialized, .enabled(if: ServiceName.exist(ServiceName.shop))) struct FlowTests {
    @Test func `one sign-in gives access to every service, and an order changes the stock and sends a message`()
        async throws
    {
        try await withCluster { cluster in
            #expect(try await cluster.signUp("carol") == 201)
            let token = try await cluster.token("carol")
            #expect(try await cluster.get(.login, "/me", token: token)["username"] == "carol")

            let placed = try await cluster.order(2, token: token)
            #expect(placed.status == 201)
            let order = try placed.decoded(as: Order.self)
            #expect(order.status == "placed")
            #expect(try await cluster.orders(token: token) == [order])
            #expect(try await cluster.stock() == Demo.lampsInStock - 2)

            #expect(try await eventually { try await cluster.messages(token: token).count == 1 })
            let message = try #require(try await cluster.messages(token: token).first)
            #expect(message.body.contains(order.id))
            #expect(!message.read)
            #expect(try await cluster.send(.post, .inbox, "/messages/\(message.id)/read", token: token).status == 204)
            #expect(try await cluster.messages(token: token).first?.read == true)

            #expect(try await cluster.send(.post, .orders, "/orders/\(order.id)/cancel", token: token).status == 200)
            #expect(try await cluster.stock() == Demo.lampsInStock)
        }
    }

    @Test func `each service rejects unknown callers and hides the data of others`() async throws {
        try await withCluster { cluster in
            let alice = try await cluster.token("alice")
            let bob = try await cluster.token("bob")
            let order = try await cluster.order(token: alice).decoded(as: Order.self)

            for (service, path) in [(ServiceName.login, "/me"), (.orders, "/orders"), (.inbox, "/messages")] {
                let anonymous = try await cluster.get(service, path)
                #expect(anonymous.status == 401)
                let metadata = "http://localhost:\(cluster.port(service))/.well-known/oauth-protected-resource"
                #expect(
                    anonymous.headers[.wwwAuthenticate]
                        == #"Bearer realm="\#(service.rawValue)", resource_metadata="\#(metadata)""#)
                let tampered = try await cluster.get(service, path, token: alice.tampered)
                #expect(tampered.status == 401)
                #expect(tampered.headers[.wwwAuthenticate]?.contains(#"error="invalid_token""#) == true)
            }
            #expect(try await cluster.get(.orders, "/orders/\(order.id)", token: bob).status == 404)
            #expect(try await cluster.send(.post, .orders, "/orders/\(order.id)/cancel", token: bob).status == 404)
            #expect(try await cluster.orders(token: bob).isEmpty)
            let forbidden = try await cluster.send(
                .patch, .catalog, "/products/\(Demo.lamp)", token: alice, json: #"{"stock": 1000}"#)
            #expect(forbidden.status == 403)
            #expect(forbidden.headers[.wwwAuthenticate]?.contains(#"error="insufficient_scope""#) == true)
        }
    }

    @Test func `a token for one service is rejected by the others`() async throws {
        try await withCluster { cluster in
            let token = try await cluster.token("alice", extra: #", "audience": "orders""#)
            #expect(try await cluster.get(.orders, "/orders", token: token).status == 200)
            #expect(try await cluster.get(.inbox, "/messages", token: token).status == 401)
            #expect(try await cluster.get(.login, "/me", token: token).status == 401)
        }
    }

    @Test func `staff can change the catalog and see all orders, and customers see only their own`() async throws {
        try await withCluster { cluster in
            let alice = try await cluster.token("alice")
            let staff = try await cluster.token("staff")
            #expect(try await cluster.order(token: alice).status == 201)
            let changed = try await cluster.send(
                .patch, .catalog, "/products/\(Demo.lamp)", token: staff, json: #"{"stock": 7}"#)
            #expect(changed.status == 200)
            #expect(try await cluster.stock() == 7)
            #expect(try await cluster.orders(token: staff).count == 1)
            #expect(try await cluster.order(of: Demo.chair, token: staff).status == 201)
            #expect(try await cluster.orders(token: alice).count == 1)
            #expect(try await cluster.orders(token: staff).count == 2)
        }
    }
}

extension String {
    /// This token with one changed character in its signature. All bits of that character belong to the signature.
    var tampered: String {
        var characters = Array(self)
        let index = characters.count - 10
        characters[index] = characters[index] == "A" ? "B" : "A"
        return String(characters)
    }
}
