import Dispatch
import Synchronization
import TestSupport
import Testing

@testable import Database

/// Reads and writes that cannot begin. One test takes all threads for reads, and another one waits for a second thread while it
/// has one, so they must not run at the same time.
@Suite(.serialized) struct BusyDatabaseTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test(.timeLimit(.minutes(1)))
    func `writes that wait for the lock of another process fail by their own deadlines`() async throws {
        let database = try folder.open(.sqlite)
        let lock = try FileLock(of: folder.path("service.sqlite"))
        try await checkEndings { try await database.write { _ in } }
        lock.release()
        try await database.write { _ in }
    }

    @Test(.timeLimit(.minutes(1)), arguments: TestEngine.installed)
    func `writes that wait for another write fail by their own deadlines`(engine: TestEngine) async throws {
        let database = try folder.open(engine)
        try await whileAllTurnsAreTaken(
            engine == .sqlite ? 1 : PostgreSQLEngine.maximumSessions, { try await database.write($0) },
            { try await checkEndings { try await database.write { _ in } } })
        try await database.ping()
    }

    @Test(.timeLimit(.minutes(1)))
    func `reads that wait for other reads fail by their own deadlines`() async throws {
        let database = try folder.open(.sqlite)
        try await whileAllTurnsAreTaken(
            DatabaseThreads.maximumCount, { try await database.read($0) },
            {
                // Reads that have reached the threads cannot fail before a thread is free.
                let waiting = (0..<SQLiteReaders.turnCount).map { _ in
                    Task.immediate { try await database.read { _ in } }
                }
                try await checkEndings { try await database.read { _ in } }
                let last = Task.immediate { try await database.read { _ in } }
                #expect(database.readDelay > .zero)
                last.cancel()
                for read in waiting { read.cancel() }
            })
        #expect(try await database.productCount() == 0)
        #expect(database.readDelay == .zero)
    }

    @Test(.timeLimit(.minutes(1)))
    func `a read that has ended delays no other one while its task waits for an executor`() async throws {
        let database = try folder.open(.sqlite)
        let executor = HoldingExecutor()
        let (ends, end) = AsyncStream.makeStream(of: Void.self)
        let reads = (0..<SQLiteReaders.turnCount).map { _ in
            Task.immediate(executorPreference: executor) { try await database.read { _ in _ = end.yield() } }
        }
        for await _ in ends.prefix(reads.count) {}
        #expect(try await database.productCount() == 0)
        executor.release()
        for read in reads { try await read.value }
    }

    @Test func `a read that waits for the disk delays no other read`() async throws {
        let database = try folder.open(.sqlite)
        let (waiting, waitingContinuation) = AsyncStream.makeStream(of: Void.self)
        let release = DispatchSemaphore(value: 0)
        async let slow: Void = database.read { _ in
            waitingContinuation.finish()
            release.wait()
        }
        defer { release.signal() }
        for await _ in waiting {}
        for _ in 0..<100 { #expect(try await database.productCount() == 0) }
        release.signal()
        try await slow
    }

    /// Runs `work` without a deadline and many times with one, all at once, and checks that each fails as busy. The one
    /// without a deadline waits for longer than all the others.
    private func checkEndings(_ work: @escaping @Sendable () async throws -> Void) async throws {
        struct Ending: Equatable {
            let hasDeadline: Bool
            let code: DatabaseError.Code?
        }
        let endings = await withTaskGroup(of: Ending.self) { group in
            for number in 0...32 {
                group.addTask {
                    let deadline = number == 0 ? nil : ContinuousClock.now + .milliseconds(300)
                    do {
                        try await SQLDatabase.$deadline.withValue(deadline, operation: work)
                        return Ending(hasDeadline: number > 0, code: nil)
                    } catch {
                        return Ending(hasDeadline: number > 0, code: (error as? DatabaseError)?.code)
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(endings.count == 33)
        #expect(endings.dropLast().allSatisfy { $0 == Ending(hasDeadline: true, code: .busy) })
        #expect(endings.last == Ending(hasDeadline: false, code: .busy))
    }

    /// Calls `body` while `count` reads or writes run.
    private func whileAllTurnsAreTaken(
        _ count: Int, _ run: @escaping @Sendable (@Sendable (Connection) throws -> Void) async throws -> Void,
        _ body: () async throws -> Void
    ) async throws {
        let (arrivals, arrival) = AsyncStream.makeStream(of: Void.self)
        let release = DispatchSemaphore(value: 0)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<count {
                group.addTask {
                    try await run { _ in
                        arrival.yield()
                        release.wait()
                    }
                }
            }
            for await _ in arrivals.prefix(count) {}
            defer { for _ in 0..<count { release.signal() } }
            try await body()
        }
    }
}

/// Holds its jobs until it is told to run them.
private final class HoldingExecutor: TaskExecutor {
    /// The jobs that wait; nil when jobs run at once.
    private let held = Mutex<[UnownedJob]?>([])

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let isHeld = held.withLock { held in
            held?.append(job)
            return held != nil
        }
        if !isHeld { unsafe job.runSynchronously(on: asUnownedTaskExecutor()) }
    }

    func release() {
        let jobs = held.withLock { held in
            defer { held = nil }
            return held ?? []
        }
        for job in jobs { unsafe job.runSynchronously(on: asUnownedTaskExecutor()) }
    }
}
