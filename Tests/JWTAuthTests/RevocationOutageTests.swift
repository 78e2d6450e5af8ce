import Foundation
import HTTPTypes
import HummingbirdTesting
import JWT
import ServiceRuntime
import Synchronization
import TestSupport
import Testing

@testable import JWTAuth

@Suite(.timeLimit(.minutes(1))) struct RevocationOutageTests {
    private let fixture = FeedFixture()
    private var feed: ScriptedFeed { fixture.feed }
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test func `a service continues while login is down, and follows the feed when login is back`() async throws {
        let freePort = Mutex(0)
        try await feed.serve { port in freePort.withLock { $0 = port } }
        let port = freePort.withLock { $0 }
        try await fixture.service(port: port).test(.router) { client in
            let (first, firstText) = try fixture.token()
            let (second, secondText) = try fixture.token()
            #expect(try await client.send(.get, "/mine", token: firstText).status == 200)
            try await feed.serve(port: port) { _ in
                try await fixture.respond(
                    .init(seq: 1, reset: true, entries: [fixture.entry(.session, first.sessionID)]))
                #expect(try await feed.nextPoll().after == 1)
            }
            #expect(try await client.send(.get, "/mine", token: firstText).status == 401)
            #expect(try await client.send(.get, "/mine", token: secondText).status == 200)
            try await feed.serve(port: port) { _ in
                let poll = try await fixture.respond(
                    .init(seq: 2, entries: [fixture.entry(.session, second.sessionID)]))
                #expect(poll.after == 1)
                #expect(try await feed.nextPoll().after == 2)
                #expect(try await client.send(.get, "/mine", token: secondText).status == 401)
            }
        }
    }

    @Test func `the saved list is in force after a restart while login is down`() async throws {
        let (claims, text) = try fixture.token()
        try await fixture.run(folder: folder.path) { _ in
            try await fixture.respond(
                .init(seq: 7, reset: true, entries: [fixture.entry(.session, claims.sessionID)]))
            _ = try await feed.nextPoll()
        }
        fixture.clock.advance(seconds: 61)
        try await fixture.service(port: 1, folder: folder.path).test(.router) { client in
            let other = try fixture.token().text
            #expect(try await client.send(.get, "/mine", token: text).status == 401)
            #expect(try await client.send(.get, "/mine", token: other).status == 200)
            #expect(try await client.send(.get, "/readyz").text.contains("login has not responded for 61 s"))
        }
        let later = FeedFixture()
        later.clock.advance(seconds: 61)
        try await later.run(folder: folder.path) { _ in
            let poll = try await later.feed.nextPoll()
            #expect(poll.after == 7)
        }
    }

    @Test func `a service with a saved list does not wait for further revocations before it listens`() async throws {
        try await fixture.run(folder: folder.path) { _ in
            try await fixture.respond(.init(seq: 7, reset: true))
            _ = try await feed.nextPoll()
        }
        let later = FeedFixture()
        try await later.run(folder: folder.path) { _ in
            let poll = try await later.feed.nextPoll()
            #expect(poll.after == 7)
            #expect(poll.wait == 0)
            poll.respond(try FeedResponse(seq: 7).signed(at: later.clock))
            #expect(try await later.feed.nextPoll().wait == 25)
        }
    }

    @Test func `the list is saved while the service runs`() async throws {
        let file = folder.path("orders.revocations")
        try await fixture.run(folder: folder.path) { _ in
            try await fixture.respond(.init(seq: 7, reset: true, entries: [fixture.entry(.session, "s")]))
            #expect(try await eventually { FileManager.default.fileExists(atPath: file) })
        }
    }

    @Test func `a saved list that is invalid does not keep the service from starting`() async throws {
        try "nonsense".write(toFile: folder.path("orders.revocations"), atomically: true, encoding: .utf8)
        try await fixture.service(port: 1, folder: folder.path).test(.router) { client in
            let response = try await client.send(.get, "/mine", token: fixture.token().text)
            #expect(response.status == 200)
        }
    }

    @Test func `a service with a maximum age rejects valid tokens with 503 when the list is too old`() async throws {
        try await fixture.run(["REVOCATIONS_MAX_AGE": "30"]) { client in
            let (_, text) = try fixture.token()
            let unknown = try await client.send(.get, "/mine", token: text)
            #expect(unknown.status == 503)
            #expect(unknown.code == "revocations_unknown")
            #expect(unknown.headers[.retryAfter] == "1")
            #expect(try await client.send(.get, "/mine", token: "abc").status == 401)
            #expect(try await client.send(.get, "/public").status == 200)
            let (claims, revoked) = try fixture.token()
            try await fixture.respond(.init(seq: 1, reset: true, entries: [fixture.entry(.token, claims.id)]))
            #expect(try await feed.nextPoll().wait == 15)
            fixture.clock.advance(seconds: 30)
            #expect(try await client.send(.get, "/mine", token: text).status == 200)
            fixture.clock.advance(seconds: 1)
            #expect(try await client.send(.get, "/mine", token: text).status == 503)
            #expect(try await client.send(.get, "/mine", token: revoked).status == 401)
            #expect(try await client.send(.get, "/public").status == 200)
        }
    }

    @Test func `a service whose list is overfull rejects all tokens until there is room`() async throws {
        let list = RevocationList(maximumEntries: 2)
        try await fixture.run(list: list) { client in
            let entries = ["a", "b", "c"].map { fixture.entry(.session, $0) }
            try await fixture.respond(.init(seq: 3, reset: true, entries: .array(entries)))
            let again = try await feed.nextPoll()
            #expect(again.after == 0)
            #expect(try await client.send(.get, "/mine", token: fixture.token().text).status == 503)
            #expect(try await client.send(.get, "/readyz").text.contains("more tokens are revoked"))
            fixture.clock.advance(seconds: 661)
            let rest = FeedResponse(seq: 3, reset: true, entries: [fixture.entry(.session, "c")])
            again.respond(try rest.signed(at: fixture.clock))
            // Expired entries are removed only after that response, so one more is needed.
            try await fixture.respond(rest)
            _ = try await feed.nextPoll()
            #expect(list.count == 1)
            #expect(try await client.send(.get, "/mine", token: fixture.token().text).status == 200)
        }
    }

    @Test func `the readiness and the metrics show the age of the list`() async throws {
        try await fixture.run { client in
            #expect(try await client.send(.get, "/readyz").text.contains("login has not responded yet"))
            try await fixture.respond(.init(seq: 1, reset: true))
            _ = try await feed.nextPoll()
            #expect(try await client.send(.get, "/readyz").json["status"] as? String == "ready")
            fixture.clock.advance(seconds: 61)
            let response = try await client.send(.get, "/readyz")
            #expect(response.status == 200)
            #expect(response.text.contains("degraded: login has not responded for 61 s"))
            let metrics = try await client.send(.get, "/metrics").text
            #expect(metrics.contains("\nrevocations_age_seconds "))
            #expect(metrics.contains("\nrevocations_entries "))
        }
    }
}
