import HTTPTypes
import HummingbirdTesting
import TestSupport
import Testing

@testable import LoginService

/// Login with hashes that take about 20 ms, so requests arrive faster than login handles them.
private enum SlowLogin: TestedLogin {
    static let passwordCost = PasswordHash.Cost(logN: 13, blockSize: 8, parallelism: 1)
}

/// The effect of many concurrent sign-ins on other requests.
@Suite(.serialized) struct BurstTests {
    /// About 50 ms and 16 MiB: half of the time of the standard cost.
    private static let heavy = PasswordHash.Cost(logN: 14, blockSize: 8, parallelism: 1)

    /// Repeats the measurement because other tests use the same threads. If hashes blocked them, each try would fail.
    @Test func `password hashes leave Swift's threads free for other tasks`() async throws {
        var most = 0
        for _ in 1...20 where most <= 200 { most = max(most, try await turnsDuringHashes()) }
        #expect(most > 200, "another task ran only \(most) times while hashes waited")
    }

    /// The number of times that another task ran while hashes were waiting.
    private func turnsDuringHashes() async throws -> Int {
        let hasher = PasswordHasher(cost: Self.heavy)
        let password = try #require(Password("a quiet corridor"))
        let hashes = Task {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<20 {
                    group.addTask {
                        _ = try await hasher.withTurn(for: .signIn, of: "\(index)") { try await $0.hash(password) }
                    }
                }
                try await group.waitForAll()
            }
        }
        var turns = 0
        while hasher.load.total < 20 || hasher.load.pending > 0 {
            await Task.yield()
            if hasher.load.pending > PasswordHasher.threadCount { turns += 1 }
        }
        try await hashes.value
        return turns
    }

    @Test func `a sign-up that finds the hash queue full gets 503 with Retry-After`() async throws {
        try await ServiceUnderTest<SlowLogin>.run { login in
            let responses = try await withThrowingTaskGroup(of: ReceivedResponse.self) { group in
                for index in 0..<250 { group.addTask { try await login.signUp("user\(index)") } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let rejected = responses.filter { $0.status == 503 || $0.status == 429 }
            #expect(!rejected.isEmpty && rejected.allSatisfy { $0.headers[.retryAfter] != nil })
            #expect(responses.filter { $0.status == 201 }.count == 250 - rejected.count)
            #expect(try await login.rows("SELECT id FROM accounts").count == 250 - rejected.count)
        }
    }

    @Test func `a sign-in that finds the hash queue full gets an OAuth error with Retry-After`() async throws {
        try await ServiceUnderTest<SlowLogin>.run { login in
            for index in 0..<10 { _ = try await login.signUp("owner\(index)") }
            let responses = try await withThrowingTaskGroup(of: ReceivedResponse.self) { group in
                for index in 0..<50 { group.addTask { try await login.signIn("owner\(index % 10)") } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let rejected = responses.filter { $0.status != 200 }
            #expect(!rejected.isEmpty)
            for response in rejected {
                #expect(response.status == 503 && response["error"] == "temporarily_unavailable")
                #expect(response.headers[.retryAfter] == "1" && response.headers[.cacheControl] == "no-store")
            }
        }
    }

    @Test func `a flood of sign-ups never makes a sign-in 503`() async throws {
        try await ServiceUnderTest<SlowLogin>.run { login in
            _ = try await login.signUp("alice")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<250 { group.addTask { _ = try await login.signUp("user\(index)") } }
                for _ in 0..<20 {
                    let response = try await login.signIn("alice")
                    #expect(response.status == 200)
                }
                group.cancelAll()
            }
        }
    }

    @Test func `a burst of wrong passwords gets 429 with Retry-After`() async throws {
        try await ServiceUnderTest<SlowLogin>.run { login in
            _ = try await login.signUp("alice")
            let responses = try await withThrowingTaskGroup(of: ReceivedResponse.self) { group in
                for _ in 0..<100 { group.addTask { try await login.signIn("alice", "a wrong password") } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let rejected = responses.filter { $0.status == 429 }
            #expect(rejected.count >= 100 - LoginThrottle.freeFailuresOfPair - 1)
            #expect(rejected.allSatisfy { $0.headers[.retryAfter] == "1" })
        }
    }
}
