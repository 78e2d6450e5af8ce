import Database
import Foundation
import HTTPTypes
import ServiceRuntime
import TestSupport
import Testing

@testable import LoginService

/// The bound of consecutive failures for an account (NIST SP 800-63B-4 §3.2.2).
@Suite struct KnownClientTests {
    private let stores: Stores
    private let clock = TestClock()
    private let hasher = PasswordHasher(cost: .cheap)
    private let authenticator: PasswordAuthenticator

    init() async throws {
        stores = try Stores()
        _ = try await stores.addAccount("alice")
        authenticator = Self.authenticator(stores, hasher, clock)
    }

    /// An authenticator as after a restart: the throttle in memory is empty.
    private static func authenticator(
        _ stores: Stores, _ hasher: PasswordHasher, _ clock: TestClock
    ) -> PasswordAuthenticator {
        PasswordAuthenticator(
            accounts: stores.accounts, hasher: hasher, throttle: LoginThrottle(), clock: clock.clock)
    }

    private func fail(_ name: String = "alice", from address: String, device: DeviceCookie? = nil) async throws
        -> SignInResult
    {
        try await Self.authenticator(stores, hasher, clock)
            .signIn(username: name, password: "a wrong password", from: address, device: device)
    }

    private func isSignedIn(from address: String, device: DeviceCookie? = nil) async throws -> Bool {
        let result = try await Self.authenticator(stores, hasher, clock)
            .signIn(username: "alice", password: goodPassword, from: address, device: device)
        guard case .signedIn = result else { return false }
        return true
    }

    private func attack(_ name: String = "alice") async throws -> [SignInResult] {
        var results: [SignInResult] = []
        for address in 0..<120 { results.append(try await fail(name, from: "198.51.100.\(address)")) }
        return results
    }

    @Test(arguments: ["alice", "nobody"])
    func `a hundred failures of strangers are the limit, whether the name exists or not`(name: String) async throws {
        let results = try await attack(name)
        #expect(results.prefix(100).allSatisfy { $0 == .wrongCredentials })
        #expect(results.dropFirst(100).allSatisfy { $0 == .throttled(retryAfterSeconds: 2_592_000) })
        #expect(hasher.load.total == 100)
        #expect(try await fail("other", from: "198.51.100.1") == .wrongCredentials)
    }

    @Test func `strangers do not get in after a hundred failures, and known networks and browsers do`() async throws {
        #expect(try await isSignedIn(from: "192.0.2.1"))
        let account = try #require(await stores.accounts.find("alice".username)).id
        let device = try await authenticator.clients.renewCookie(nil, of: account, at: clock.now)
        _ = try await attack()
        #expect(try await !isSignedIn(from: "203.0.113.9"))
        #expect(try await !isSignedIn(from: "203.0.113.9", device: DeviceCookie()))
        #expect(try await isSignedIn(from: "203.0.113.9", device: device))
        // That sign-in was a success: strangers have their allowance again.
        #expect(try await attack().prefix(100).allSatisfy { $0 == .wrongCredentials })
        #expect(try await isSignedIn(from: "192.0.2.1"))
    }

    @Test func `concurrent failures do not exceed the limit`() async throws {
        try await withThrowingTaskGroup(of: SignInResult.self) { group in
            for round in 0..<8 {
                for address in 0..<50 {
                    group.addTask { try await fail(from: "198.51.\(round).\(address)") }
                }
                try await group.waitForAll()
            }
        }
        #expect(hasher.load.total == 100)
    }

    @Test func `a known network that fails a hundred times is a stranger`() async throws {
        #expect(try await isSignedIn(from: "192.0.2.1"))
        _ = try await attack()
        for _ in 1...100 { #expect(try await fail(from: "192.0.2.1") == .wrongCredentials) }
        #expect(try await !isSignedIn(from: "192.0.2.1"))
    }

    @Test func `failures of strangers are forgotten thirty days after the last one`() async throws {
        _ = try await attack()
        clock.advance(seconds: KnownClientStore.memorySeconds - 1)
        #expect(try await !isSignedIn(from: "192.0.2.1"))
        clock.advance(seconds: 1)
        #expect(try await isSignedIn(from: "192.0.2.1"))
    }

    @Test func `a device cookie is renewed for all accounts of its browser, and the old one is worth nothing`()
        async throws
    {
        let (alice, bob) = (
            try #require(await stores.accounts.find("alice".username)).id, try await stores.addAccount("bob").id
        )
        let clients = authenticator.clients
        let first = try await clients.renewCookie(nil, of: alice, at: clock.now)
        let second = try await clients.renewCookie(first, of: bob, at: clock.now)
        for (name, cookie, isKnown) in [("alice", second, true), ("bob", second, true), ("alice", first, false)] {
            let allowance = try await clients.allowance(
                of: name.username, for: [.browser(cookie)], at: clock.now)
            #expect((allowance.client != nil) == isKnown)
        }
        let rows = try await stores.database.read { try $0.query("SELECT client FROM known_clients") }
        for row in rows {
            let client: String = try row["client"]
            #expect(![first.text, second.text].contains(client))
        }
    }

    @Test func `an account knows its latest clients`() async throws {
        for address in 0...KnownClientStore.maximumClients {
            clock.advance(seconds: 1)
            #expect(try await isSignedIn(from: "192.0.2.\(address)"))
        }
        let rows = try await stores.database.read { try $0.query("SELECT client FROM known_clients") }
        #expect(rows.count == KnownClientStore.maximumClients)
        let oldest = try await authenticator.clients.allowance(
            of: "alice".username, for: [.network("192.0.2.0")], at: clock.now)
        #expect(oldest.client == nil)
    }

    @Test func `a sign-up and a sign-in on the pages make the browser known`() async throws {
        try await LoginUnderTest.run { login in
            var browser = Browser(login)
            _ = try await browser.get("/signup")
            let response = try await browser.submit("/signup", ["username": "alice", "password": goodPassword])
            let cookie = try #require(
                response.headers[values: .setCookie].first { $0.hasPrefix("hallpass-device=") })
            for attribute in ["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=34560000"] {
                #expect(cookie.contains(attribute))
            }
            let first = try #require(browser.cookies["hallpass-device"])
            _ = try await browser.submit("/account/sign-out")
            #expect(browser.cookies["hallpass-device"] == first)
            try await browser.signIn("alice")
            #expect(browser.cookies["hallpass-device"] != first)
            #expect(try await login.rows("SELECT client FROM known_clients WHERE kind = 'browser'").count == 1)
            #expect(try await login.rows("SELECT client FROM known_clients WHERE kind = 'network'").count == 1)
        }
    }

    @Test(arguments: ["alice", "nobody"])
    func `two replicas of login try a hundred guesses at a name together`(name: String) async throws {
        let replicas = [stores, try Stores(in: stores.folder)]
        var tried = 0
        for number in 0..<120 {
            let result = try await Self.authenticator(replicas[number % 2], hasher, clock)
                .signIn(username: name, password: "a wrong password", from: "198.51.100.\(number)")
            if result == .wrongCredentials { tried += 1 }
        }
        #expect(tried == KnownClientStore.maximumFailures)
    }

    @Test func `replicas find the same counter of an unknown name, and another database has others`() async throws {
        let names = (0..<10).map { "nobody\($0)" }
        let buckets = try await buckets(of: names, in: stores)
        #expect(try await self.buckets(of: names, in: Stores(in: stores.folder)) == buckets)
        #expect(try await self.buckets(of: names, in: Stores()) != buckets)
    }

    private func buckets(of names: [String], in stores: Stores) async throws -> [Int] {
        var buckets: [Int] = []
        for name in names {
            let allowance = try await KnownClientStore(database: stores.database)
                .allowance(of: name.username, for: [], at: clock.now)
            if case .unknownName(let bucket) = allowance.owner { buckets.append(bucket) }
        }
        try #require(buckets.count == names.count)
        return buckets
    }
}
