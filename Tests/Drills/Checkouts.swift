import Foundation
import Synchronization
import TestSupport

/// Customers who order, each order under a key of its own, and remember what they were told.
final class Checkouts: Sendable {
    private struct State {
        /// The order that was acknowledged under each key.
        var acknowledged: [String: String] = [:]
        /// The keys whose requests got no answer.
        var unanswered: Set<String> = []
    }

    private let cluster: Cluster
    private let token: String
    private let state = Mutex(State())

    /// Customers of a cluster.
    init(_ cluster: Cluster, books: Books) {
        self.cluster = cluster
        token = books.customer
    }

    var acknowledged: [String: String] { state.withLock { $0.acknowledged } }
    var unanswered: Set<String> { state.withLock { $0.unanswered } }

    /// Keeps customers ordering while `body` runs.
    func underLoad(clients: Int, while body: () async throws -> Void) async throws -> Tally {
        try await TestSupport.underLoad(
            clients: clients, request: { _ in ("checkout", try await self.order(under: UUID().uuidString)) },
            while: body)
    }

    /// Sends what got no answer again, under the same key, until it is ordered.
    func repeatUnanswered() async throws {
        for key in unanswered {
            let isOrdered = try await eventually { try await order(under: key) == 201 }
            guard isOrdered else { throw DrillError("a basket that is sent again is not ordered") }
        }
    }

    private func order(under key: String) async throws -> Int {
        do {
            let response = try await cluster.order(token: token, key: key)
            if response.status == 201 {
                let order = try response.decoded(as: Order.self).id
                state.withLock { $0.acknowledged[key] = order }
            }
            return response.status
        } catch {
            _ = state.withLock { $0.unanswered.insert(key) }
            throw error
        }
    }
}
