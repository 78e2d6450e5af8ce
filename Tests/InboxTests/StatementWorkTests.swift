import Database
import Foundation
import ServiceRuntime
import TestSupport
import Testing

@testable import InboxService

@Suite struct StatementWorkTests {
    private let date = Date(timeIntervalSince1970: 1_800_000_000)

    @Test func `no statement takes longer because of the messages of other accounts`() async throws {
        let growing = try await StatementWork.growing { others in
            let database = try SQLDatabase.open(.inMemory, migrations: Schema.migrations)
            let store = InboxStore(database: database)
            for _ in 1...others { _ = try await deliver(to: UUID().lowercase, in: store) }
            let account = UUID().lowercase
            let id = try await deliver(to: account, in: store)
            _ = try await store.messages(of: account, PageRequest())
            _ = try await store.markRead(id, of: account, at: date)
            _ = try await store.delete(id, of: account, at: date)
            return database
        }
        #expect(growing == [])
    }

    private func deliver(to account: String, in store: InboxStore) async throws -> UUID {
        let id = UUID.version7(at: date)
        #expect(try await store.deliver(id, to: account, subject: "Hello", body: "World", at: date))
        return id
    }
}
