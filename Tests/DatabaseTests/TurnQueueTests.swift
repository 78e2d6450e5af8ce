import Dispatch
import TestSupport
import Testing

@testable import Database

@Suite struct TurnQueueTests {
    @Test func `tasks enter one at a time in the order of arrival`() async throws {
        let queue = TurnQueue(turns: 1)
        #expect(await queue.enter(until: .now + .seconds(30)))
        async let second = queue.enter(until: .now + .seconds(30))
        queue.leave()
        #expect(await second)
        #expect(await !queue.enter(until: .now))
        queue.leave()
        #expect(await queue.enter(until: .now))
    }

    @Test func `a cancelled task leaves the queue`() async {
        let queue = TurnQueue(turns: 1)
        #expect(await queue.enter(until: .now + .seconds(30)))
        let waiting = Task { await queue.enter(until: .now + .seconds(30)) }
        waiting.cancel()
        #expect(await !waiting.value)
        queue.leave()
        #expect(await queue.enter(until: .now))
    }

    @Test func `the number of turns limits how many tasks enter at the same time`() async {
        let queue = TurnQueue(turns: 2)
        for _ in 0..<2 { #expect(await queue.enter(until: .now + .seconds(30))) }
        #expect(await !queue.enter(until: .now))
        queue.leave()
        #expect(await queue.enter(until: .now + .seconds(30)))
    }

    @Test(.timeLimit(.minutes(1)))
    func `a task waits until its own deadline, whatever the tasks before it wait for`() async {
        let queue = TurnQueue(turns: 1)
        #expect(await queue.enter(until: .now + .seconds(30)))
        let patient = Task.immediate { await queue.enter(until: .now + .seconds(600)) }
        let hurried = Task.immediate { await queue.enter(until: .now + .milliseconds(100)) }
        #expect(await !hurried.value)
        queue.leave()
        #expect(await patient.value)
    }

    @Test(.timeLimit(.minutes(1)))
    func `a task that finds too many others waiting gets no turn`() async {
        let queue = TurnQueue(turns: 1)
        #expect(await queue.enter(until: .now + .seconds(30)))
        let waiting = (0..<TurnQueue.maximumWaiting).map { _ in
            Task.immediate { await queue.enter(until: .now + .seconds(600)) }
        }
        #expect(await !queue.enter(until: .now + .seconds(600)))
        for task in waiting { task.cancel() }
        for task in waiting { #expect(await !task.value) }
    }

    @Test(.timeLimit(.minutes(1)))
    func `tasks that share a turn enter together, and the next ones after it`() async {
        let queue = TurnQueue(turns: 1)
        #expect(await queue.enter(until: .now + .seconds(30)))
        let waiting = (0..<3).map { _ in Task.immediate { await queue.enter(until: .now + .seconds(600)) } }
        #expect(queue.shareTurn(withAtMost: 2) == 2)
        for task in waiting.prefix(2) { #expect(await task.value) }
        #expect(await !queue.enter(until: .now))
        queue.leave()
        #expect(await waiting[2].value)
    }

    /// A statement of another connection, which holds the lock of the file until it is released.
    private func withLock(_ folder: TemporaryFolder, _ body: () async throws -> Void) async throws {
        let other = try SQLDatabase.open(folder.databaseURL(), migrations: [])
        let (held, holding) = AsyncStream.makeStream(of: Void.self)
        let release = DispatchSemaphore(value: 0)
        let writing = Task {
            try await other.write { _ in
                holding.finish()
                release.wait()
            }
        }
        for await _ in held {}
        defer { release.signal() }
        try await body()
        release.signal()
        try await writing.value
    }

    @Test(.timeLimit(.minutes(1)))
    func `writes that wait for the lock of another process fail together, each after its own time`() async throws {
        let folder = try TemporaryFolder()
        let database = try SQLDatabase.open(folder.databaseURL(), migrations: [])
        try await withLock(folder) {
            // One after the other, they would take eight times as long.
            let codes: [DatabaseError.Code?]? = try await result(beforeSleepOf: SQLDatabase.writeTime * 4) {
                await withTaskGroup(of: DatabaseError.Code?.self) { group in
                    for _ in 0..<8 {
                        group.addTask {
                            do {
                                try await database.write { _ in }
                                return nil
                            } catch { return (error as? DatabaseError)?.code }
                        }
                    }
                    return await group.reduce(into: []) { $0.append($1) }
                }
            }
            #expect(codes?.count == 8 && codes?.allSatisfy { $0 == .busy } == true)
        }
        try await database.write { _ in }
    }

    @Test func `a ping tells that the database cannot be written`() async throws {
        let folder = try TemporaryFolder()
        let database = try SQLDatabase.open(folder.databaseURL(), migrations: [])
        try await database.ping()
        try await withLock(folder) {
            let error = await #expect(throws: DatabaseError.self) { try await database.ping() }
            #expect(error?.code == .busy)
        }
        try await database.ping()
    }
}
