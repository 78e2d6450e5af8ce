import Database
import Dispatch
import Foundation
import TestSupport
import Testing

@testable import LoginService

/// Requests that anybody can send and that change nothing must not delay other requests.
@Suite struct IneffectiveRequestTests {
    private let clock = TestClock()
    private let stores: Stores
    private let account: Account
    private let session: Session
    private let ended: (Session, RefreshToken)

    private var sessions: SessionStore { stores.sessions }

    init() async throws {
        stores = try Stores()
        account = try await stores.addAccount("alice")
        (session, _) = try await Self.begin(account, stores)
        ended = try await Self.begin(account, stores)
        try await sessions.end(ended.0.id, at: clock.now)
        try await sessions.revoke(token: "t", session: session.id, at: clock.now)
    }

    private static func begin(_ account: Account, _ stores: Stores) async throws -> (Session, RefreshToken) {
        try #require(
            await stores.sessions.begin(account, scope: .customer, audience: ["orders"], at: TestClock().now))
    }

    /// Uses unknown secrets, an ended session, and an access token that is already revoked.
    private func changeNothing() async throws {
        try await sessions.end(RefreshToken(), at: clock.now)
        try await sessions.end(ended.0.id, at: clock.now)
        try await sessions.end(ended.1, at: clock.now)
        for (token, session) in [("t", session), ("u", ended.0)] {
            try await sessions.revoke(token: token, session: session.id, at: clock.now)
        }
        #expect(try await sessions.renew(SessionCookie(), at: clock.now) == nil)
        guard case .unknown = try await sessions.renew(RefreshToken(), at: clock.now) else {
            Issue.record("an unknown token is accepted")
            return
        }
    }

    @Test func `only requests that change something wake the readers of the feed`() async throws {
        let subscription = try #require(stores.revocations.notifier.subscribe(as: "orders"))
        try await changeNothing()
        _ = try await sessions.beginInBrowser(
            account, audience: ["orders"], from: .unknown, former: SessionCookie(), at: clock.now)
        #expect(await !subscription.waitForChange(until: .now + .milliseconds(200)))
        let next = try #require(stores.revocations.notifier.subscribe(as: "orders"))
        try await sessions.end(session.id, at: clock.now)
        #expect(await next.waitForChange(until: .now + .seconds(30)))
    }

    @Test func `an ineffective request does not wait for the writer of the database`() async throws {
        let elsewhere = try stores.folder.openDatabase()
        defer { try? elsewhere.close() }
        let (begun, noteBegin) = AsyncStream.makeStream(of: Void.self)
        let end = DispatchSemaphore(value: 0)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await elsewhere.write { connection in
                    try connection.execute("UPDATE feed SET id = 1")
                    noteBegin.finish()
                    end.wait()
                }
            }
            for await _ in begun {}
            defer { end.signal() }
            try await changeNothing()
        }
    }
}
