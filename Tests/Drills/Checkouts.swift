import Foundation
import Synchronization
import TestSupport

/// Sends orders of a customer, each with a new idempotency key, and records the responses.
final class Checkouts: Sendable {
    private struct State {
        var acknowledged: [String: String] = [:]
        var keysWithoutResponse: Set<String> = []
        var keysOfServerErrors: Set<String> = []
    }

    private let cluster: Cluster
    private let token: String
    private let state = Mutex(State())

    /// How long a client waits after a failed request. A stopped service refuses thousands a second.
    private static let pause = Duration.milliseconds(250)

    init(_ reconciliation: Reconciliation) {
        cluster = reconciliation.cluster
        token = reconciliation.customer
    }

    /// The acknowledged order of each key.
    var acknowledged: [String: String] { state.withLock { $0.acknowledged } }

    /// The keys of the requests without a response.
    var keysWithoutResponse: Set<String> { state.withLock { $0.keysWithoutResponse } }

    /// Sends orders from several clients until `body` returns.
    func underLoad(clients: Int, while body: () async throws -> Void) async throws -> Tally {
        try await TestSupport.underLoad(
            clients: clients, request: { _ in ("checkout", try await self.order(under: UUID().uuidString)) },
            while: body)
    }

    /// Repeats the requests without a response or with a response of 500 or above, with the same keys, until each gets 201.
    func repeatFailed() async throws {
        for key in state.withLock({ $0.keysWithoutResponse.union($0.keysOfServerErrors) }) {
            let isOrdered = try await eventually { try await order(under: key) == 201 }
            guard isOrdered else { throw DrillError("a basket that was sent again is not ordered") }
        }
    }

    private func order(under key: String) async throws -> Int {
        do {
            let response = try await cluster.order(token: token, key: key)
            if response.status >= 500 {
                _ = state.withLock { $0.keysOfServerErrors.insert(key) }
                try await Task.sleep(for: Self.pause)
            }
            if response.status == 201 {
                let order = try response.decoded(as: Order.self).id
                state.withLock { $0.acknowledged[key] = order }
            }
            return response.status
        } catch {
            _ = state.withLock { $0.keysWithoutResponse.insert(key) }
            try await Task.sleep(for: Self.pause)
            throw error
        }
    }
}
