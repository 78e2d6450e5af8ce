import Database
import Foundation
import HTTPTypes
import HummingbirdTesting
import ServiceRuntime
import TestSupport
import Testing

@testable import OrdersService

/// Thirty-two clients at two replicas of orders, which change the same rows at once.
@Suite(.timeLimit(.minutes(1))) struct StressTests {
    private static let clientCount = 32

    @Test func `an order has one outcome when it is placed, cancelled and abandoned at once`() async throws {
        let (folder, date) = (try TemporaryFolder(), TestClock().now)
        let stores = try (0..<2).map { _ in
            OrderStore(database: try SQLDatabase.open(DatabaseURL(folder.databaseURL), migrations: Schema.migrations))
        }
        let leaseEnd = date + 6
        let ids = (0..<8).map { _ in UUID.version7(at: date) }
        for id in ids { try await stores[0].openPending(id, at: date) }
        let placed = try await withThrowingTaskGroup(of: UUID?.self) { group in
            for client in 0..<Self.clientCount {
                let (store, id) = (stores[client % 2], ids[client / 4])
                group.addTask {
                    // The clients of each order arrive in another order.
                    switch (client + client / 4) % 4 {
                    case 0, 1: return try await store.placePending(id, at: leaseEnd) ? id : nil
                    case 2: _ = try await store.cancel(id, of: alice.lowercase, at: leaseEnd, leaseUntil: leaseEnd)
                    default: try await store.abandonExpired(at: leaseEnd)
                    }
                    return nil
                }
            }
            return try await group.reduce(into: [UUID]()) { placed, id in if let id { placed.append(id) } }
        }
        #expect(Set(placed).count == placed.count)
        for id in ids {
            let status = try await folder.rows("SELECT status FROM orders WHERE id = '\(id.lowercase)'")
            let calls = try await folder.rows(
                "SELECT kind FROM outbox WHERE order_id = '\(id.lowercase)' ORDER BY kind")
            let expected: [String]
            switch try status.first?["status"] as String? {
            case "placed": expected = ["message"]
            case "cancelled": expected = ["message", "release"]
            case "abandoned": expected = ["release"]
            case let other:
                Issue.record("The order is \(other ?? "missing")")
                continue
            }
            #expect(try calls.map { try $0["kind"] as String } == expected)
            #expect(placed.contains(id) == expected.contains("message"))
        }
    }

    @Test func `a receipt link that all clients open at once shows the receipt to one of them`() async throws {
        try await ServiceUnderTest<Orders>.runTwice { first, second in
            for _ in 0..<3 {
                let order = try await first.placedOrder()
                let response = try await first.client.send(
                    .post, "/orders/\(order.id)/receipt-link", token: first.token())
                let url = try #require(response["url"].flatMap(URL.init(string:)))
                let link = "\(url.path)?\(url.query ?? "")"
                let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                    for client in 0..<Self.clientCount {
                        group.addTask {
                            try await (client % 2 == 0 ? first : second).client.send(.get, link).status
                        }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(statuses.filter { $0 == 200 }.count == 1)
                #expect(statuses.filter { $0 == 401 }.count == Self.clientCount - 1)
            }
        }
    }
}

extension OrderStore {
    /// Places a pending order. Returns false if it is no longer pending.
    fileprivate func placePending(_ id: UUID, at date: Date) async throws -> Bool {
        let reservation = Reservation(
            items: [.init(productID: UUID(), quantity: 1, name: "Lamp", priceCents: 1)], currencies: ["EUR"])
        let total = try #require(reservation.total)
        let message = OrdersService.Message(placed: id, reservation, total: total, at: date)
        return try await place(id, reservation, total: total, message: message, at: date) != nil
    }
}
