import Database
import Foundation
import ServiceRuntime
import TestSupport
import Testing

@testable import CompareService

@Suite struct StatementWorkTests {
    private let date = Date(timeIntervalSince1970: 1_800_000_000)

    @Test func `no statement takes longer because of the notes of other accounts`() async throws {
        let growing = try await StatementWork.growing { others in
            let database = try SQLDatabase.open(.inMemory, migrations: Schema.migrations)
            let store = NoteStore(database: database)
            for account in 0...others {
                let note = Note(id: .version7(at: date), text: "Hello", createdAt: date)
                try await store.add(note, of: "\(account)")
            }
            _ = try await store.notes(of: "0", PageRequest())
            return database
        }
        #expect(growing == [])
    }
}
