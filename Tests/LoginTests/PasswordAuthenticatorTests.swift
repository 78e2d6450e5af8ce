import Foundation
import Logging
import ServiceRuntime
import Synchronization
import TestSupport
import Testing

@testable import LoginService

@Suite struct PasswordAuthenticatorTests {
    private let stores: Stores
    private let hasher: PasswordHasher
    private let authenticator: PasswordAuthenticator
    private let clock = TestClock()

    init() async throws {
        try await self.init(cost: .cheap)
    }

    private init(cost: PasswordHash.Cost) async throws {
        stores = try Stores()
        hasher = PasswordHasher(cost: cost)
        authenticator = PasswordAuthenticator(
            accounts: stores.accounts, hasher: hasher, throttle: LoginThrottle(), clock: clock.clock)
        _ = try await stores.addAccount("alice", cost: cost)
        _ = try await stores.addAccount("disabled", cost: cost)
        _ = try await stores.accounts.setDisabled(true, "disabled".username, at: clock.now)
    }

    @discardableResult
    private func signIn(
        _ name: String, _ password: String, from address: String = "192.0.2.1"
    ) async throws -> SignInResult {
        try await authenticator.signIn(username: name, password: password, from: address)
    }

    private func isSignedIn(_ name: String) async throws -> Bool {
        guard case .signedIn(let account) = try await signIn(name, goodPassword) else { return false }
        return account.username == "alice"
    }

    @Test func `the correct password signs in, whatever the case of the name`() async throws {
        for name in ["alice", "ALICE"] { #expect(try await isSignedIn(name)) }
    }

    @Test(arguments: [
        ("alice", "a wrong password"), ("nobody", goodPassword), ("disabled", goodPassword),
        ("not a name", goodPassword),
        ("", goodPassword), ("alice\u{0}", goodPassword), ("alice", "An uncommon password"), ("alice", "short"),
    ])
    func `all wrong credentials give the same result and cost one hash`(name: String, password: String) async throws {
        #expect(try await signIn(name, password) == .wrongCredentials)
        #expect(hasher.load.total == 1)
    }

    @Test(arguments: [
        "", "good\u{0}password", String(repeating: "x", count: Password.maximumBytes + 1),
        String(repeating: "🔑", count: 100_000),
    ])
    func `an impossible password costs no hash, whatever the name`(password: String) async throws {
        for name in ["alice", "nobody"] {
            #expect(try await signIn(name, password) == .wrongCredentials)
        }
        #expect(hasher.load.total == 0)
    }

    @Test func `a throttled attempt is rejected before anything is hashed`() async throws {
        for _ in 1...6 { try await signIn("alice", "a wrong password") }
        #expect(try await signIn("alice", goodPassword) == .throttled(retryAfterSeconds: 1))
        #expect(hasher.load.total == 6)
        clock.advance(seconds: 1)
        #expect(try await isSignedIn("alice"))
    }

    @Test func `a burst of guesses gets no more attempts than sequential guesses`() async throws {
        await withTaskGroup(of: Void.self) { group in
            for _ in 1...90 { group.addTask { _ = try? await signIn("alice", "a wrong password") } }
        }
        #expect(hasher.load.total <= LoginThrottle.freeFailuresOfPair + 1)
    }

    @Test func `an owner can sign in from five devices at once, repeatedly`() async throws {
        for _ in 1...10 {
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 1...LoginThrottle.freeFailuresOfPair { group.addTask { try await isSignedIn("alice") } }
                for try await isSignedIn in group { #expect(isSignedIn) }
            }
        }
    }

    @Test func `an attempt that finds the hash queue full does not block later sign-ins`() async throws {
        let heavy = try await PasswordAuthenticatorTests(cost: .init(logN: 14, blockSize: 8, parallelism: 1))
        var (hashes, rejections): ([Task<Void, any Error>], Int) = ([], 0)
        while rejections < 10 {
            while heavy.hasher.load.pending < HashQueue.Purpose.signIn.maximumPending {
                hashes += try heavy.beginHashes(1)
                await Task.yield()
            }
            if try await heavy.signIn("alice", goodPassword) == .busy { rejections += 1 }
        }
        for hash in hashes { hash.cancel() }
        for hash in hashes { _ = try? await hash.value }
        #expect(try await heavy.isSignedIn("alice"))
    }

    @Test func `a cancelled attempt does not block later sign-ins`() async throws {
        let heavy = try await PasswordAuthenticatorTests(cost: .init(logN: 14, blockSize: 8, parallelism: 1))
        for _ in 1...3 {
            let total = heavy.hasher.load.total
            let hashes = try heavy.beginHashes(20)
            let attempts = (1...LoginThrottle.freeFailuresOfPair).map { _ in
                Task { try await heavy.signIn("alice", goodPassword) }
            }
            let expected = hashes.count + attempts.count
            #expect(
                try await eventually(within: .seconds(10)) {
                    heavy.hasher.load.total - total + heavy.hasher.load.pending >= expected
                })
            for attempt in attempts { attempt.cancel() }
            for attempt in attempts { _ = try? await attempt.value }
            for hash in hashes { _ = try await hash.value }
        }
        #expect(try await heavy.isSignedIn("alice"))
    }

    private func beginHashes(_ count: Int) throws -> [Task<Void, any Error>] {
        let password = try goodPassword.prepared
        return (0..<count).map { _ in
            Task {
                _ = try await hasher.withTurn(for: .signIn, of: UUID().uuidString) { try await $0.hash(password) }
            }
        }
    }

    @Test func `a sign-in replaces a hash with outdated parameters`() async throws {
        let raised = PasswordHasher(cost: .init(logN: 6, blockSize: 8, parallelism: 1))
        let authenticator = PasswordAuthenticator(
            accounts: stores.accounts, hasher: raised, throttle: LoginThrottle(), clock: clock.clock)
        let before = try #require(await stores.accounts.credentials(of: "alice".username)).hash
        for password in ["a wrong password", goodPassword, goodPassword] {
            _ = try await authenticator.signIn(username: "alice", password: password, from: "192.0.2.1")
        }
        let after = try #require(await stores.accounts.credentials(of: "alice".username)).hash
        #expect(before.cost == .cheap && after.cost.logN == 6)
        #expect(try after.matches(goodPassword.prepared))
        #expect(raised.load.total == 4)
    }

    @Test func `a wrong password costs the same work for an outdated hash and for an unknown name`() async throws {
        let raised = PasswordHasher(cost: .init(logN: 4, blockSize: 8, parallelism: 3))
        let authenticator = PasswordAuthenticator(
            accounts: stores.accounts, hasher: raised, throttle: LoginThrottle(), clock: clock.clock)
        var works: [Int] = []
        for name in ["alice", "nobody", "disabled"] {
            let before = raised.load.work
            let result = try await authenticator.signIn(
                username: name, password: "a wrong password", from: "192.0.2.1")
            #expect(result == .wrongCredentials)
            works.append(raised.load.work - before)
        }
        #expect(Set(works).count == 1)
    }

    @Test func `the log has the reason of a failed sign-in but neither name nor password`() async throws {
        let lines = LogLines()
        for (name, password) in [
            ("alice", "a wrong password"), ("hunter2hunter2", goodPassword), ("disabled", goodPassword),
            ("alice", "good\u{0}password"),
        ] {
            try await withLogger(Logger(label: "test") { _ in lines }) { _ in _ = try await signIn(name, password) }
        }
        let text = lines.text
        for reason in ["wrong password", "unknown name", "account is disabled", "impossible password"] {
            #expect(text.contains("info Sign-in failed. [\"reason\": \(reason)]"))
        }
        for secret in ["a wrong password", "hunter2", goodPassword, "alice"] { #expect(!text.contains(secret)) }
    }

}

/// Keeps the lines of a log.
private struct LogLines: LogHandler {
    private final class Store: Sendable {
        let lines = Mutex<[String]>([])
    }

    private let store = Store()
    var metadata = Logger.Metadata()
    var logLevel = Logger.Level.trace

    var text: String { store.lines.withLock { $0.joined(separator: "\n") } }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        store.lines.withLock { $0.append("\(event.level) \(event.message) \(event.metadata ?? [:])") }
    }
}
