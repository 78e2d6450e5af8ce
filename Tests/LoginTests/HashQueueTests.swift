import Synchronization
import TestSupport
import Testing

@testable import LoginService

/// The order in which requests get their turn. Each turn lasts until the test ends it.
@Suite struct HashQueueTests {
    private let queue = HashQueue()

    /// A request whose turn the test ends.
    private final class Work: Sendable {
        let name: String
        let task: Mutex<Task<Bool, any Error>?> = Mutex(nil)
        let (gate, opening) = AsyncStream.makeStream(of: Void.self)

        init(_ name: String) {
            self.name = name
        }

        func end() { opening.finish() }

        var isAdmitted: Bool {
            get async throws { try await #require(task.withLock { $0 }).value }
        }
    }

    private let turns = Turns()

    /// The names of the requests that got their turn, in order.
    private final class Turns: Sendable {
        let names = Mutex<[String]>([])
    }

    private func send(_ name: String, _ purpose: HashQueue.Purpose, from network: String) async throws -> Work {
        let work = Work(name)
        let pending = queue.pendingCount
        work.task.withLock {
            $0 = Task { [queue, turns] in
                try await queue.run(for: purpose, of: network) {
                    turns.names.withLock { $0.append(name) }
                    for await _ in work.gate {}
                } != nil
            }
        }
        _ = try await eventually(within: .seconds(10)) { queue.pendingCount > pending }
        return work
    }

    private func firstTurns(_ count: Int) async throws -> [String] {
        #expect(try await eventually(within: .seconds(10)) { turns.names.withLock { $0.count } == count })
        return turns.names.withLock { $0 }
    }

    @Test func `networks take turns, however many requests one of them sends`() async throws {
        var works: [Work] = []
        for index in 0..<6 { works.append(try await send("flood\(index)", .signIn, from: "flood")) }
        works.append(try await send("owner", .signIn, from: "home"))
        #expect(try await firstTurns(2) == ["flood0", "flood1"])
        works[0].end()
        #expect(try await firstTurns(3).last == "owner")
        for work in works { work.end() }
        for work in works { #expect(try await work.isAdmitted) }
    }

    @Test func `sign-ups leave a thread to sign-ins`() async throws {
        var works: [Work] = []
        for index in 0..<5 { works.append(try await send("sign-up\(index)", .signUp, from: "n\(index)")) }
        works.append(try await send("sign-in", .signIn, from: "home"))
        #expect(try await firstTurns(2) == ["sign-up0", "sign-in"])
        works[5].end()
        #expect(try await works[5].isAdmitted)
        #expect(turns.names.withLock { $0.count } == 2)
        for work in works { work.end() }
        for work in works { #expect(try await work.isAdmitted) }
    }

    @Test(arguments: [HashQueue.Purpose.signIn, .signUp])
    func `a network has a bounded number of requests`(purpose: HashQueue.Purpose) async throws {
        var works: [Work] = []
        for index in 0..<purpose.maximumPendingOfNetwork {
            works.append(try await send("flood\(index)", purpose, from: "flood"))
        }
        #expect(try await queue.run(for: purpose, of: "flood") {} == nil)
        works.append(try await send("other", purpose, from: "other"))
        for work in works { work.end() }
        for work in works { #expect(try await work.isAdmitted) }
        #expect(queue.pendingCount == 0)
    }

    @Test(.timeLimit(.minutes(1)))
    func `a request whose client stops waiting leaves the queue without a turn`() async throws {
        let running = [try await send("a", .signIn, from: "a"), try await send("b", .signIn, from: "b")]
        let result: Void? = try await queue.run(for: .signIn, of: "c", until: .now + .milliseconds(50)) {}
        #expect(result == nil)
        #expect(queue.pendingCount == 2)
        for work in running { work.end() }
        for work in running { #expect(try await work.isAdmitted) }
    }

    @Test func `a cancelled request leaves the queue without a turn`() async throws {
        let running = [try await send("a", .signIn, from: "a"), try await send("b", .signIn, from: "b")]
        let waiting = try await send("c", .signIn, from: "c")
        waiting.task.withLock { $0?.cancel() }
        await #expect(throws: CancellationError.self) { try await waiting.isAdmitted }
        #expect(queue.pendingCount == 2)
        for work in running { work.end() }
        for work in running { #expect(try await work.isAdmitted) }
        #expect(turns.names.withLock { $0 } == ["a", "b"])
    }
}
