import Database
import Foundation
import ServiceRuntime
import TestSupport
import Testing

@testable import OrdersService

/// Two processes that change one order or use one link.
@Suite(.enabled(if: PostgreSQLServer.isInstalled, "PostgreSQL is not installed: scripts/setup postgresql"))
struct ConcurrentOrderTests {
    private let folder: TemporaryFolder
    private let transactions: PausedTransactions
    private let date = TestClock().now

    /// The store of the process whose transactions wait.
    private var paused: OrderStore { OrderStore(database: transactions.paused) }
    /// The store of another process.
    private var other: OrderStore { OrderStore(database: transactions.other) }

    init() throws {
        folder = try TemporaryFolder()
        transactions = try PausedTransactions(in: folder, migrations: Schema.migrations)
    }

    @Test func `an order that two processes abandon at once releases its stock once`() async throws {
        let id = UUID.version7(at: date)
        try await other.openPending(id, at: date)
        _ = try await transactions.run(pausingAt: "UPDATE OF status ON orders") {
            try await paused.abandon(id, at: date, releaseAt: date)
        } meanwhile: {
            try await other.abandon(id, at: date, releaseAt: date)
        }
        let entries = try await other.database.read { try $0.query("SELECT id FROM outbox") }
        #expect(entries.count == 1)
    }

    @Test func `a link that two processes get at once is used once`() async throws {
        let (isFirst, isAlsoFirst) = try await transactions.run(pausingAt: "INSERT ON spent_links") {
            try await paused.useLink("link", keepUntil: date + 60, at: date)
        } meanwhile: {
            try await other.useLink("link", keepUntil: date + 60, at: date)
        }
        #expect(isFirst != isAlsoFirst)
    }
}
