import Database
import Foundation
import ServiceRuntime
import TestSupport
import Testing

@testable import OrdersService

/// Two processes that work on one outbox.
@Suite(.enabled(if: PostgreSQLServer.isInstalled, "PostgreSQL is not installed: scripts/setup postgresql"))
struct ConcurrentOutboxTests {
    @Test func `two processes that look for due entries at once never take the same entry`() async throws {
        let (folder, date) = (try TemporaryFolder(), TestClock().now)
        let transactions = try PausedTransactions(in: folder, migrations: Schema.migrations)
        let (first, second) = (OrderStore(database: transactions.paused), OrderStore(database: transactions.other))
        for _ in 0..<3 { try await first.placeSample(at: date) }
        // The first process waits with a statement that still sees the rows as they were.
        let (taken, alsoTaken) = try await transactions.run(pausingAt: "UPDATE OF attempts ON outbox") {
            try await first.takeDueEntries(.message, limit: 10, at: date, leaseUntil: date + 60)
        } meanwhile: {
            try await second.takeDueEntries(.message, limit: 10, at: date, leaseUntil: date + 60)
        }
        #expect(taken.count + alsoTaken.count == 3)
        #expect(Set((taken + alsoTaken).map(\.id)).count == 3)
    }
}
