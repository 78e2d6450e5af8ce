import Foundation
import Testing

@testable import LoginService

@Suite struct PasswordHasherTests {
    @Test func `a full queue rejects further hashes and completes the admitted ones`() async throws {
        // The hashes are cheap: even on a busy machine, the last one gets its turn in time.
        let hasher = PasswordHasher(cost: .init(logN: 10, blockSize: 8, parallelism: 1))
        let password = try goodPassword.prepared
        let (completed, rejected) = await withTaskGroup(of: Bool.self) { group in
            for index in 0..<400 {
                group.addTask {
                    let result = try? await hasher.withTurn(for: .signIn, of: "network \(index)") {
                        try await $0.verify(password, against: nil)
                    }
                    return result == false
                }
            }
            return await group.reduce(into: (0, 0)) { $1 ? ($0.0 += 1) : ($0.1 += 1) }
        }
        #expect(
            completed >= HashQueue.Purpose.signIn.maximumPending && rejected > 0 && completed + rejected == 400)
        #expect(hasher.load.pending == 0)
        #expect(hasher.load.total == completed)
        let hash = try await hasher.withTurn(for: .signUp, of: "x") { try await $0.hash(password) }
        #expect(try #require(hash).matches(password))
    }

    @Test func `the threads that hash let all others go first`() async throws {
        let hasher = PasswordHasher(cost: .init(logN: 4, blockSize: 8, parallelism: 1))
        let password = try goodPassword.prepared
        _ = try await hasher.withTurn(for: .signUp, of: "x") { try await $0.hash(password) }
        let niceness = try Self.niceness(ofThreadsNamed: "TP-#")
        #expect(niceness.contains(PasswordHasher.niceness))
    }

    /// The niceness of threads of this process (proc_pid_stat(5)). Those of a `NIOThreadPool` have the name `TP-#` and a number.
    private static func niceness(ofThreadsNamed prefix: String) throws -> [Int32] {
        let tasks = URL(filePath: "/proc/self/task")
        return try FileManager.default.contentsOfDirectory(atPath: tasks.path).compactMap { task in
            // A thread may end meanwhile.
            guard let text = try? String(contentsOf: tasks.appending(path: "\(task)/stat"), encoding: .utf8),
                text.contains("(\(prefix)"), let end = text.lastIndex(of: ")")
            else { return nil }
            return Int32(text[end...].split(separator: " ")[17])
        }
    }

    @Test(arguments: [(4, 8, 1, true), (5, 8, 1, false), (6, 8, 1, false), (5, 4, 1, true), (4, 8, 4, false)])
    func `a hash that is cheaper than new ones is outdated`(
        logN: Int, blockSize: Int, parallelism: Int, isOutdated: Bool
    ) throws {
        let hasher = PasswordHasher(cost: .init(logN: 5, blockSize: 8, parallelism: 1))
        let cost = PasswordHash.Cost(logN: logN, blockSize: blockSize, parallelism: parallelism)
        #expect(hasher.isOutdated(try PasswordHash(of: goodPassword.prepared, cost: cost)) == isOutdated)
    }

    /// OWASP Password Storage Cheat Sheet: N = 2^15, r = 8, p = 3.
    @Test func `new hashes have the minimum cost that OWASP recommends`() {
        #expect(PasswordHash.Cost.standard == .init(logN: 15, blockSize: 8, parallelism: 3))
    }

    @Test(arguments: [(15, 8, 1), (15, 8, 2), (14, 8, 1), (15, 8, 3), (14, 8, 3)])
    func `a check spends the work of a new hash, whatever hash is stored`(
        logN: Int, blockSize: Int, parallelism: Int
    ) throws {
        let (new, stored) = (
            PasswordHash.Cost.standard,
            PasswordHash.Cost(logN: logN, blockSize: blockSize, parallelism: parallelism)
        )
        let work = stored.work + (new.rest(after: stored)?.work ?? 0)
        #expect(abs(work - new.work) <= new.work / 6)
    }

    @Test func `cancelling its task removes a waiting hash from the queue`() async throws {
        let hasher = PasswordHasher(cost: .init(logN: 14, blockSize: 8, parallelism: 1))
        let password = try goodPassword.prepared
        let tasks = (0..<20).map { _ in
            Task { try await hasher.withTurn(for: .signIn, of: "x") { try await $0.verify(password, against: nil) } }
        }
        for task in tasks { task.cancel() }
        for task in tasks { _ = await task.result }
        #expect(hasher.load.pending == 0)
    }
}
