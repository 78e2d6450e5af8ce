import Foundation
import Logging
import ServiceRuntime
import Synchronization
import TestSupport
import Testing

@testable import LoginService

@Suite struct AuthenticatorTests {
    private let stores: Stores
    private let hasher: PasswordHasher
    private let authenticator: Authenticator
    private let clock = TestClock()

    init() async throws {
        try await self.init(cost: .cheap)
    }

    private init(cost: PasswordHash.Cost) async throws {
        stores = try Stores()
        hasher = PasswordHasher(cost: cost)
        authenticator = Authenticator(
            accounts: stores.accounts, hasher: hasher, throttle: LoginThrottle(), clock: clock.clock)
        _ = try await stores.addAccount("alice", cost: cost)
        _ = try await stores.addAccount("disabled", cost: cost)
        _ = try await stores.accounts.setDisabled(true, "disabled".username, at: clock.now)
    }

    private func signIn(_ name: String, _ password: String, from address: String = "192.0.2.1") async throws -> Account
    {
        try await authenticator.account(
            name: name, password: password, from: address,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    @Test func `the right password opens the account, in any case of the name`() async throws {
        for name in ["alice", "ALICE"] { #expect(try await signIn(name, goodPassword).username == "alice") }
    }

    @Test(arguments: [
        ("alice", "a wrong password"), ("nobody", goodPassword), ("disabled", goodPassword),
        ("not a name", goodPassword),
        ("", goodPassword), ("alice\u{0}", goodPassword), ("alice", "An uncommon password"), ("alice", "short"),
    ])
    func `every way of being wrong is the same error and costs one hash`(name: String, password: String) async throws {
        await #expect(throws: Authenticator.WrongCredentials.self) { try await signIn(name, password) }
        #expect(hasher.load.total == 1)
    }

    @Test(arguments: [
        "", "good\u{0}password", String(repeating: "x", count: 1025), String(repeating: "🔑", count: 100_000),
    ])
    func `a password that nobody can have costs no hash, whatever the name`(password: String) async throws {
        for name in ["alice", "nobody"] {
            await #expect(throws: Authenticator.WrongCredentials.self) { try await signIn(name, password) }
        }
        #expect(hasher.load.total == 0)
    }

    @Test func `too many failures are refused before anything is hashed`() async throws {
        for _ in 1...6 { _ = try? await signIn("alice", "a wrong password") }
        await #expect(throws: LoginThrottle.Throttled(retryAfterSeconds: 1)) {
            try await signIn("alice", goodPassword)
        }
        #expect(hasher.load.total == 6)
        clock.advance(seconds: 1)
        #expect(try await signIn("alice", goodPassword).username == "alice")
    }

    @Test func `a hash with old parameters is replaced when its owner signs in`() async throws {
        let raised = PasswordHasher(cost: .init(logN: 6, blockSize: 8, parallelism: 1))
        let authenticator = Authenticator(
            accounts: stores.accounts, hasher: raised, throttle: LoginThrottle(), clock: clock.clock)
        let before = try present(await stores.accounts.credentials(of: "alice".username)).hash
        for password in ["a wrong password", goodPassword, goodPassword] {
            _ = try? await authenticator.account(
                name: "alice", password: password, from: "192.0.2.1", logger: Logger(label: "test"))
        }
        let after = try present(await stores.accounts.credentials(of: "alice".username)).hash
        #expect(before.cost == .cheap && after.cost.logN == 6)
        #expect(try after.matches(goodPassword.prepared))
        #expect(raised.load.total == 4)
    }

    @Test func `the log knows why, and neither name nor password`() async throws {
        let lines = LogLines()
        for (name, password) in [
            ("alice", "a wrong password"), ("hunter2hunter2", goodPassword), ("disabled", goodPassword),
            ("alice", "good\u{0}password"),
        ] {
            _ = try? await authenticator.account(
                name: name, password: password, from: "192.0.2.1", logger: Logger(label: "test") { _ in lines })
        }
        let text = lines.text
        for reason in ["wrong password", "unknown name", "account is disabled", "impossible password"] {
            #expect(text.contains("info Sign-in refused. [\"reason\": \(reason)]"))
        }
        for secret in ["a wrong password", "hunter2", goodPassword, "alice"] { #expect(!text.contains(secret)) }
    }

    @Test func `a name that does not exist takes as long as a wrong password`() async throws {
        let slow = try await AuthenticatorTests(cost: .init(logN: 13, blockSize: 8, parallelism: 1))
        var times: [String: [Duration]] = [:]
        for round in 0..<15 {
            for name in ["alice", "nobody", "disabled"] {
                let time = await ContinuousClock().measure {
                    _ = try? await slow.signIn(name, "a wrong password", from: "192.0.2.\(round)")
                }
                times[name, default: []].append(time)
            }
        }
        let medians = times.mapValues { $0.sorted()[$0.count / 2] }
        let known = try present(medians["alice"])
        for name in ["nobody", "disabled"] {
            let ratio = try present(medians[name]) / known
            // Without the hash it would be less than a hundredth.
            #expect((0.4...2.5).contains(ratio), "\(name) takes \(ratio) times as long")
        }
    }
}

/// Keeps what is logged.
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
