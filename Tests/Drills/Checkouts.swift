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
    private let insists: Bool
    private let state = Mutex(State())

    /// Customers of a cluster.
    ///
    /// - Parameter insists: Whether a request without success is repeated under the same key until it has one.
    init(_ cluster: Cluster, books: Books, insists: Bool = false) {
        self.cluster = cluster
        self.insists = insists
        token = books.customer
    }

    var acknowledged: [String: String] { state.withLock { $0.acknowledged } }
    var unanswered: Set<String> { state.withLock { $0.unanswered } }

    /// Keeps customers ordering while `body` runs.
    func underLoad(clients: Int, while body: () async throws -> Void) async throws -> Tally {
        try await TestSupport.underLoad(clients: clients, request: { _ in try await self.order() }, while: body)
    }

    private func order() async throws -> (what: String, status: Int) {
        let key = UUID().uuidString
        while true {
            do {
                let answer = try await cluster.order(token: token, key: key)
                if answer.status == 201 {
                    let order = try answer.decoded(as: Order.self).id
                    state.withLock { $0.acknowledged[key] = order }
                } else if insists {
                    try await Task.sleep(for: .milliseconds(50))
                    continue
                }
                return ("checkout", answer.status)
            } catch  where insists {
                try await Task.sleep(for: .milliseconds(50))
            } catch {
                _ = state.withLock { $0.unanswered.insert(key) }
                throw error
            }
        }
    }
}
