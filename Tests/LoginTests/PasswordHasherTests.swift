import Testing

@testable import LoginService

@Suite struct PasswordHasherTests {
    @Test func `a full queue rejects further hashes and completes the admitted ones`() async throws {
        let hasher = PasswordHasher(cost: .init(logN: 12, blockSize: 8, parallelism: 1))
        let password = try goodPassword.prepared
        let (completed, rejected) = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<400 {
                group.addTask { (try? await hasher.verify(password, against: nil)) == .finished(false) }
            }
            return await group.reduce(into: (0, 0)) { $1 ? ($0.0 += 1) : ($0.1 += 1) }
        }
        #expect(completed >= PasswordHasher.maximumPending && rejected > 0 && completed + rejected == 400)
        #expect(hasher.load.pending == 0)
        #expect(hasher.load.total == completed)
        guard case .finished(let hash) = try await hasher.hash(password) else {
            Issue.record("the queue is full")
            return
        }
        #expect(try hash.matches(password))
    }

    @Test(arguments: [(4, 8, 1, true), (5, 8, 1, false), (6, 8, 1, false), (5, 4, 1, true), (4, 8, 4, false)])
    func `a hash that is cheaper than new ones is outdated`(
        logN: Int, blockSize: Int, parallelism: Int, isOutdated: Bool
    ) throws {
        let hasher = PasswordHasher(cost: .init(logN: 5, blockSize: 8, parallelism: 1))
        let cost = PasswordHash.Cost(logN: logN, blockSize: blockSize, parallelism: parallelism)
        #expect(hasher.isOutdated(try PasswordHash(of: goodPassword.prepared, cost: cost)) == isOutdated)
    }

    @Test func `cancelling its task removes a waiting hash from the queue`() async throws {
        let hasher = PasswordHasher(cost: .init(logN: 14, blockSize: 8, parallelism: 1))
        let password = try goodPassword.prepared
        let tasks = (0..<20).map { _ in Task { try await hasher.verify(password, against: nil) } }
        for task in tasks { task.cancel() }
        for task in tasks { _ = await task.result }
        #expect(hasher.load.pending == 0)
    }
}
