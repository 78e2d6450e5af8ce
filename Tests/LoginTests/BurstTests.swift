import HTTPTypes
import HummingbirdTesting
import TestSupport
import Testing

@testable import LoginService

/// What a burst of sign-ins may cost those who want something else.
@Suite(.serialized) struct BurstTests {
    /// About 50 ms and 16 MiB: as heavy on the processors as the real thing, in half the time.
    private static let heavy = PasswordHash.Cost(logN: 14, blockSize: 8, parallelism: 1)

    /// About 20 ms: slower than requests come in.
    private static let light = PasswordHash.Cost(logN: 13, blockSize: 8, parallelism: 1)

    @Test func `other requests are answered while twenty people sign in`() async throws {
        try await LoginUnderTest.run(.ahc(), cost: Self.heavy) { login in
            for name in ["alice", "bob"] { _ = try await login.signUp(name) }
            let port = try present(login.client.port)
            let others = Task {
                try await TestClient.withClient(host: "localhost", port: port) { client in
                    var answered = 0
                    while (try? await client.get("/healthz").status) == .ok { answered += 1 }
                    return answered
                }
            }
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for index in 0..<20 {
                    group.addTask { try await login.signIn(index % 2 == 0 ? "alice" : "bob").status }
                }
                return try await group.reduce(into: Set()) { $0.insert($1) }
            }
            others.cancel()
            #expect(statuses == [200])
            // Where hashes hold up everything else, there are about as many answers as hashes.
            let answered = try await others.value
            #expect(answered > 100, "\(answered) requests were answered during the burst")
        }
    }

    @Test func `beyond the queue the answer is when to come again`() async throws {
        try await LoginUnderTest.run(.router, cost: Self.light) { login in
            let answers = try await withThrowingTaskGroup(of: Answer.self) { group in
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
        try await LoginUnderTest.run(.router, cost: Self.light) { login in
            _ = try await login.signUp("alice")
            let answers = try await withThrowingTaskGroup(of: Answer.self) { group in
                for _ in 0..<250 { group.addTask { try await login.signIn("alice") } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let refused = answers.filter { $0.status != 200 }
            #expect(!refused.isEmpty)
            for answer in refused {
                #expect(answer.status == 503 && answer["error"] == "temporarily_unavailable")
                #expect(answer.headers[.retryAfter] == "1" && answer.headers[.cacheControl] == "no-store")
            }
        }
    }
}
