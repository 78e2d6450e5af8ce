import Foundation
import ScarceThreads
import TestSupport
import Testing

@testable import Database

/// A process that has reached its limit of threads.
@Suite struct ScarceThreadTests {
    /// Runs `work` on this thread, which cannot start another one meanwhile.
    private func withoutNewThreads<Result>(_ work: () throws -> Result) rethrows -> Result {
        scarce_threads_allow(false)
        defer { scarce_threads_allow(true) }
        return try work()
    }

    @Test func `an attempt to connect without a thread fails at once, and the error says what to raise`() throws {
        let url = try PostgreSQLURL("postgres://tests@127.0.0.1:1/x")
        let attempt = withoutNewThreads { PostgreSQLConnectionAttempt(url) }
        let outcome = try #require(attempt.outcome(until: .now + .seconds(30)))
        let error = try #require(throws: DatabaseError.self) { try outcome.get() }
        #expect(error.code == .unavailable)
        #expect(error.message.contains("Cannot start a thread"))
        #expect(error.message.contains("raise the limits"))
    }

    @Test func `a session or a database file that cannot have a thread is unavailable`() throws {
        let url = try PostgreSQLURL("postgres://tests@127.0.0.1:1/x")
        let folder = try TemporaryFolder()
        let file = try folder.databaseURL()
        let errors = withoutNewThreads {
            (
                #expect(throws: DatabaseError.self) { try PostgreSQLSession(url) },
                #expect(throws: DatabaseError.self) { try SQLDatabase.open(file, migrations: [.products]) }
            )
        }
        #expect(errors.0?.code == .unavailable)
        #expect(errors.1?.code == .unavailable)
    }

    @Test(.timeLimit(.minutes(1)))
    func `reads continue on the threads that run when no further one can start`() async throws {
        let threads = try DatabaseThreads()
        let (beginnings, beginning) = AsyncStream.makeStream(of: Void.self)
        let release = DispatchSemaphore(value: 0)
        let first = Task(executorPreference: threads) {
            beginning.yield()
            Self.wait(for: release)
        }
        for await _ in beginnings { break }
        // The first thread is busy, so this job would start another one.
        let second = withoutNewThreads { Task(executorPreference: threads) { 2 } }
        release.signal()
        #expect(await second.value == 2)
        await first.value
        // Further threads start again.
        let meeting = Meeting(of: 2)
        async let one: Void = Task(executorPreference: threads) { meeting.wait() }.value
        async let two: Void = Task(executorPreference: threads) { meeting.wait() }.value
        _ = await (one, two)
    }

    private static func wait(for semaphore: DispatchSemaphore) { semaphore.wait() }
}
