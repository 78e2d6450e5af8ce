import Foundation
import TestSupport
import Testing

@testable import Database

@Suite struct DatabaseReadTests {
    let folder: TemporaryFolder
    let database: SQLDatabase

    init() throws {
        folder = try TemporaryFolder()
        database = try SQLDatabase.open(folder.databaseURL(), migrations: [.products])
    }

    @Test func `a read runs on a thread of the database and its caller goes on where it was`() async throws {
        let executor = CountingExecutor()
        try await withTaskExecutorPreference(executor) {
            let jobs = executor.jobs
            let thread = try await database.read { _ in pthread_self() }
            #expect(thread != pthread_self())
            #expect(executor.jobs > jobs)
        }
    }

    @Test func `a cancelled read stops at once and leaves the database usable`() async throws {
        let (inside, insideContinuation) = AsyncStream.makeStream(of: Void.self)
        let task = Task {
            try await database.read {
                insideContinuation.finish()
                // This query ends only when it is interrupted.
                _ = try $0.query("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT 1 FROM n) SELECT sum(i) FROM n")
            }
        }
        for await _ in inside {}
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(try await database.productCount() == 0)
    }

    @Test func `a read of a cancelled task runs no further statement`() async throws {
        let task = Task {
            try await database.read { connection in
                unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
                _ = try connection.query("SELECT 1")
            }
        }
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test func `all statements of a read see one state`() async throws {
        let counts = try await database.read { connection in
            let before = try connection.query("SELECT id FROM products").count
            let isWritten = DispatchSemaphore(value: 0)
            Task {
                try await database.write { try $0.execute("INSERT INTO products (id, stock) VALUES ('lamp', 3)") }
                isWritten.signal()
            }
            isWritten.wait()
            return try [before, connection.query("SELECT id FROM products").count]
        }
        #expect(counts == [0, 0])
        #expect(try await database.productCount() == 1)
    }
}

/// Runs jobs one after the other on a dispatch queue, and counts them.
private final class CountingExecutor: TaskExecutor, @unchecked Sendable {
    private let queue = DispatchQueue(label: "tasks")
    private(set) var jobs = 0

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async {
            self.jobs += 1
            unsafe job.runSynchronously(on: self.asUnownedTaskExecutor())
        }
    }
}
