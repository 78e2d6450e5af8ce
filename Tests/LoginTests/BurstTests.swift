import HTTPTypes
import HummingbirdTesting
import TestSupport
import Testing

@testable import LoginService

/// Login with hashes that take about 20 ms: slower than requests arrive.
private enum SlowLogin: TestedLogin {
    static let passwordCost = PasswordHash.Cost(logN: 13, blockSize: 8, parallelism: 1)
}

/// What a burst of sign-ins may cost those who want something else.
@Suite(.serialized) struct BurstTests {
    /// About 50 ms and 16 MiB: as heavy on the processors as the real thing, in half the time.
    private static let heavy = PasswordHash.Cost(logN: 14, blockSize: 8, parallelism: 1)

    /// Other tests take turns away too; hashes that held up the threads would do it at each try.
    @Test func `hashes leave Swift's own threads to everybody else`() async throws {
        var most = 0
        for _ in 1...20 where most <= 200 { most = max(most, try await turnsDuringHashes()) }
        // Where hashes hold up the threads that run tasks, none waits while others take a turn.
        #expect(most > 200, "\(most) turns were taken while hashes waited")
    }

    private func turnsDuringHashes() async throws -> Int {
        let hasher = PasswordHasher(cost: Self.heavy)
        let password = try present(Password("a quiet corridor"))
        let hashes = Task {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<20 { group.addTask { _ = try await hasher.hash(password) } }
                try await group.waitForAll()
            }
        }
        var turns = 0
        while hasher.load.total < 20 || hasher.load.pending > 0 {
            await Task.yield()
            if hasher.load.pending > PasswordHasher.maxConcurrent { turns += 1 }
        }
        try await hashes.value
        return turns
    }

    @Test func `beyond the queue the response is when to come again`() async throws {
        try await ServiceUnderTest<SlowLogin>.run { login in
            let answers = try await withThrowingTaskGroup(of: ReceivedResponse.self) { group in
                for index in 0..<250 { group.addTask { try await login.signUp("user\(index)") } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let refused = answers.filter { $0.status == 503 }
            #expect(!refused.isEmpty && refused.allSatisfy { $0.headers[.retryAfter] == "1" })
            #expect(answers.filter { $0.status == 201 }.count == 250 - refused.count)
            #expect(try await login.rows("SELECT id FROM accounts").count == 250 - refused.count)
        }
    }

    @Test func `the token endpoint says so in its own form`() async throws {
        try await ServiceUnderTest<SlowLogin>.run { login in
            let answers = try await withThrowingTaskGroup(of: (isSignIn: Bool, response: ReceivedResponse).self) {
                group in
                for index in 0..<250 { group.addTask { (false, try await login.signUp("user\(index)")) } }
                for index in 0..<LoginThrottle.freeFailuresOfAddress {
                    group.addTask { (true, try await login.signIn("stranger\(index)")) }
                }
                return try await group.reduce(into: [ReceivedResponse]()) { if $1.isSignIn { $0.append($1.response) } }
            }
            let refused = answers.filter { $0.status != 400 }
            #expect(!refused.isEmpty)
            for response in refused {
                #expect(response.status == 503 && response["error"] == "temporarily_unavailable")
                #expect(response.headers[.retryAfter] == "1" && response.headers[.cacheControl] == "no-store")
            }
        }
    }

    @Test func `a burst of guesses is told to wait`() async throws {
        try await ServiceUnderTest<SlowLogin>.run { login in
            _ = try await login.signUp("alice")
            let answers = try await withThrowingTaskGroup(of: ReceivedResponse.self) { group in
                for _ in 0..<100 { group.addTask { try await login.signIn("alice", "a wrong password") } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let refused = answers.filter { $0.status == 429 }
            #expect(refused.count >= 100 - LoginThrottle.freeFailuresOfPair - 1)
            #expect(refused.allSatisfy { $0.headers[.retryAfter] == "1" })
        }
    }
}
