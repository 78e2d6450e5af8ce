import Database
import Foundation
import ServiceRuntime
import TestSupport
import Testing

@testable import @Name@Service

@Suite struct StatementWorkTests {
    private let date = Date(timeIntervalSince1970: 1_800_000_000)

    @Test func `no statement takes longer because of the entries of other accounts`() async throws {
        let growing = try await StatementWork.growing { others in
            let database = try SQLDatabase.open(.inMemory, migrations: Schema.migrations)
            let store = EntryStore(database: database, maximumEntries: 10)
            for _ in 1...others { _ = try await add(to: UUID().lowercase, in: store) }
            let account = UUID().lowercase
            let id = try await add(to: account, in: store)
            _ = try await store.entries(of: account, PageRequest())
            _ = try await store.delete(id, of: account)
            return database
        }
        #expect(growing == [])
    }

    private func add(to account: String, in store: EntryStore) async throws -> UUID {
        let id = UUID.version7(at: date)
        #expect(try await store.add(Entry(id: id, text: "Buy a lamp", createdAt: date), of: account))
        return id
    }
}
