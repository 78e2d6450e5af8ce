import CurlClient
import Foundation
import HTTPTypes
import HummingbirdTesting
import ServiceRuntime
import TestSupport
import Testing

@testable import LoginService

@Suite struct LongPollTests {
    @Test func `a waiting reader receives a revocation at once`() async throws {
        try await LoginUnderTest.run { login in
            let response = try await login.signedUp()
            let feeds: [Feed]? = try await result(beforeSleepOf: .seconds(20)) {
                try await withThrowingTaskGroup(of: Feed.self) { group in
                    for _ in 0...RevocationNotifier.maximumSubscriptionsOfCaller {
                        group.addTask { try await login.feed(after: 1, wait: 30) }
                    }
                    // One request too many ends the wait of the oldest one. The others wait then.
                    #expect(try await group.next()?.entries.isEmpty == true)
                    _ = try await login.client.send(.post, "/logout", token: response.accessToken)
                    return try await group.reduce(into: []) { $0.append($1) }
                }
            }
            let sessionID = try response.sessionID
            #expect(feeds?.count == RevocationNotifier.maximumSubscriptionsOfCaller)
            #expect(feeds?.allSatisfy { $0.seq == 2 && $0.entries.map(\.id) == [sessionID] } == true)
        }
    }

    @Test func `a waiting reader receives a revocation that another process wrote`() async throws {
        try await LoginUnderTest.run(.live) { login in
            let response = try await login.signedUp()
            async let waiting = result(beforeSleepOf: .seconds(20)) { try await login.feed(after: 1, wait: 30) }
            let accounts = try Stores(in: login.folder).accounts
            let account = try await accounts.setDisabled(true, "alice".username, at: login.clock.now)
            let feed = try #require(await waiting)
            let entry = Feed.Entry(
                kind: "account", id: try #require(account).id.lowercase, before: 1_780_000_001, exp: 1_780_000_900)
            #expect(feed.entries == [entry])
            #expect(try await login.me(response.accessToken) == 401)
        }
    }

    @Test func `a reader that waits in vain gets an empty page in time`() async throws {
        try await LoginUnderTest.run { login in
            let feed = try #require(
                await result(beforeSleepOf: .seconds(20)) { try await login.feed(after: 1, wait: 1) })
            #expect(feed.seq == 1 && feed.entries.isEmpty && !feed.reset)
        }
    }

    @Test func `a shutdown does not wait for waiting readers`() async throws {
        let http = HTTPClient()
        let isDown: Void? = try await result(beforeSleepOf: .seconds(20)) {
            try await LoginUnderTest.run(.live) { login in
                let path = "/revocations?after=1&wait=30"
                let port = try #require(login.client.port)
                let (statuses, continuation) = AsyncStream.makeStream(of: Int.self)
                for _ in 0...RevocationNotifier.maximumSubscriptionsOfCaller {
                    let token = try login.serviceToken("revocations:read", .get, path)
                    Task {
                        let response = try? await http.execute(
                            .init(
                                url: "http://127.0.0.1:\(port)\(path)", headers: [.authorization: "Bearer \(token)"],
                                deadline: .seconds(60)))
                        continuation.yield(response?.status.code ?? 0)
                    }
                }
                // One request too many ends the wait of the oldest one. The others wait then.
                let first = await statuses.first { _ in true }
                #expect(first == 200)
            }
        }
        await http.shutdown()
        #expect(isDown != nil)
    }

    @Test func `the number of waiting readers is limited, and one that stops makes room`() {
        let notifier = RevocationNotifier()
        var subscriptions = (0..<RevocationNotifier.maximumSubscriptions).compactMap {
            notifier.subscribe(as: "service\($0)")
        }
        #expect(subscriptions.count == RevocationNotifier.maximumSubscriptions && notifier.subscribe(as: "x") == nil)
        subscriptions.removeLast()
        #expect(notifier.subscribe(as: "x") != nil)
        subscriptions = []
        #expect(notifier.subscriptionCount == 0)
    }

    @Test func `a caller with too many waits ends its oldest wait and takes no further capacity`() async throws {
        let notifier = RevocationNotifier()
        let other = try #require(notifier.subscribe(as: "inbox"))
        let waits = (0..<RevocationNotifier.maximumSubscriptionsOfCaller).compactMap { _ in
            notifier.subscribe(as: "orders")
        }
        let next = try #require(notifier.subscribe(as: "orders"))
        let oldest = try #require(waits.first)
        #expect(await !oldest.waitForChange(until: .now + .seconds(30)))
        #expect(notifier.subscriptionCount == 1 + waits.count)
        notifier.notify()
        for subscription in waits.dropFirst() + [other, next] {
            #expect(await subscription.waitForChange(until: .now + .seconds(30)))
        }
    }

    @Test func `replicas of one service wait side by side`() async throws {
        let notifier = RevocationNotifier()
        let replicas = (0..<4).compactMap { _ in notifier.subscribe(as: "orders") }
        notifier.notify()
        for replica in replicas { #expect(await replica.waitForChange(until: .now + .seconds(30))) }
    }

    @Test func `a signal before the wait is received, and a cancelled wait ends`() async throws {
        let notifier = RevocationNotifier()
        let subscription = try #require(notifier.subscribe(as: "orders"))
        notifier.notify()
        #expect(await subscription.waitForChange(until: .now + .seconds(30)))
        let waiting = Task { await subscription.waitForChange(until: .now + .seconds(30)) }
        waiting.cancel()
        #expect(await !waiting.value)
    }
}
