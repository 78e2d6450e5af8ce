import Foundation
import HTTPTypes
import HummingbirdTesting
import JWT
import Synchronization
import TestSupport
import Testing

@testable import JWTAuth

@Suite(.timeLimit(.minutes(1))) struct RevocationOutageTests {
    private let fixture = FeedFixture()
    private var feed: ScriptedFeed { fixture.feed }
    private let folder: TemporaryFolder
    private var file: String { folder.path("orders.revocations") }

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test func `with login away the service goes on with what it knows, and hears it when it is back`() async throws {
        let freePort = Mutex(0)
        try await feed.serve { port in freePort.withLock { $0 = port } }
        let port = freePort.withLock { $0 }
        try await fixture.service(port: port).test(.router) { client in
            let (known, knownText) = try fixture.token()
            let (news, newsText) = try fixture.token()
            #expect(try await client.send(.get, "/mine", token: knownText).status == 200)
            try await feed.serve(port: port) { _ in
                try await fixture.response(
                    .init(seq: 1, reset: true, entries: [fixture.entry("session", known.sessionID)]))
                #expect(try await feed.next().after == 1)
            }
            #expect(try await client.send(.get, "/mine", token: knownText).status == 401)
            #expect(try await client.send(.get, "/mine", token: newsText).status == 200)
            try await feed.serve(port: port) { _ in
                let question = try await fixture.response(
                    .init(seq: 2, entries: [fixture.entry("session", news.sessionID)]))
                #expect(question.after == 1)
                #expect(try await feed.next().after == 2)
                #expect(try await client.send(.get, "/mine", token: newsText).status == 401)
            }
        }
    }

    @Test func `the list outlives the service, and is in force while login is away`() async throws {
        let (claims, text) = try fixture.token()
        try await fixture.run(folder: folder.path) { _ in
            try await fixture.response(
                .init(seq: 7, reset: true, entries: [fixture.entry("session", claims.sessionID)]))
            _ = try await feed.next()
        }
        let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        fixture.clock.advance(seconds: 61)
        try await fixture.service(port: 1, folder: folder.path).test(.router) { client in
            let other = try fixture.token().text
            #expect(try await client.send(.get, "/mine", token: text).status == 401)
            #expect(try await client.send(.get, "/mine", token: other).status == 200)
            #expect(try await client.send(.get, "/readyz").text.contains("login has not answered for 61 s"))
        }
        let again = FeedFixture()
        again.clock.advance(seconds: 61)
        try await again.run(folder: folder.path) { _ in
            let question = try await again.feed.next()
            #expect(question.after == 7)
        }
    }

    @Test(arguments: ["empty", "cut", "changed", "short", "another service's", "expired"])
    func `a kept list that is damaged is ignored`(damage: String) async throws {
        let (claims, text) = try fixture.token()
        let keys = KeySource(KeySet(try Key(secret: Array(TokenMint.secret.utf8))))
        let now = NumericDate(seconds: Int64(fixture.clock.now.timeIntervalSince1970))
        let filler = (0..<20_000).map {
            Revocation(kind: .token, id: "filler-\($0)", before: nil, expiresAt: now + 600)
        }
        let entry = Revocation(
            kind: .session, id: claims.sessionID ?? "", before: nil, expiresAt: damage == "expired" ? now : now + 600)
        try RevocationFile(path: file, service: damage == "another service's" ? "inbox" : "orders", keys: keys)
            .write(
                .init(
                    position: .init(seq: 7, epoch: "first"), lastContact: fixture.clock.now, entries: [entry] + filler))
        var lines = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n").map(String.init)
        #expect(lines.count == 3)
        switch damage {
        case "empty": lines = []
        case "cut": lines[2].removeLast(9)
        case "changed": lines[0] = lines[0].replacing("A", with: "B", maxReplacements: 1)
        case "short": lines.removeLast()
        default: break
        }
        try lines.joined(separator: "\n").write(toFile: file, atomically: true, encoding: .utf8)
        try await fixture.service(port: 1, folder: folder.path).test(.router) { client in
            let response = try await client.send(.get, "/mine", token: text)
            #expect(response.status == 200)
        }
    }

    @Test func `with a greatest age the door fails closed, but only for who has a good token`() async throws {
        try await fixture.run(["REVOCATIONS_MAX_AGE": "30"]) { client in
            let (_, text) = try fixture.token()
            let blind = try await client.send(.get, "/mine", token: text)
            #expect(blind.status == 503)
            #expect(blind.headers[.retryAfter] == "1")
            #expect(try await client.send(.get, "/mine", token: "abc").status == 401)
            #expect(try await client.send(.get, "/public").status == 200)
            let (claims, revoked) = try fixture.token()
            try await fixture.response(.init(seq: 1, reset: true, entries: [fixture.entry("token", claims.id)]))
            #expect(try await feed.next().wait == 15)
            fixture.clock.advance(seconds: 30)
            #expect(try await client.send(.get, "/mine", token: text).status == 200)
            fixture.clock.advance(seconds: 1)
            #expect(try await client.send(.get, "/mine", token: text).status == 503)
            #expect(try await client.send(.get, "/mine", token: revoked).status == 401)
            #expect(try await client.send(.get, "/public").status == 200)
        }
    }

    @Test func `a list that cannot hold all makes the door fail closed until there is room`() async throws {
        let list = RevocationList(maximumEntries: 2)
        try await fixture.run(list: list) { client in
            let entries = ["a", "b", "c"].map { fixture.entry("session", $0) }
            try await fixture.response(.init(seq: 3, reset: true, entries: .array(entries)))
            let again = try await feed.next()
            #expect(again.after == 0)
            #expect(try await client.send(.get, "/mine", token: fixture.token().text).status == 503)
            #expect(try await client.send(.get, "/readyz").text.contains("more tokens are revoked"))
            fixture.clock.advance(seconds: 601)
            let rest = FeedAnswer(seq: 3, reset: true, entries: [fixture.entry("session", "c")])
            again.response(try rest.signed(at: fixture.clock))
            // The entries that have expired made room only after that answer, so it takes one more.
            try await fixture.response(rest)
            _ = try await feed.next()
            #expect(list.count == 1)
            #expect(try await client.send(.get, "/mine", token: fixture.token().text).status == 200)
        }
    }

    @Test func `readyz and the metrics tell how old the list is`() async throws {
        try await fixture.run { client in
            #expect(try await client.send(.get, "/readyz").text.contains("login has not answered yet"))
            try await fixture.response(.init(seq: 1, reset: true))
            _ = try await feed.next()
            #expect(try await client.send(.get, "/readyz").json["status"] as? String == "ready")
            fixture.clock.advance(seconds: 61)
            let response = try await client.send(.get, "/readyz")
            #expect(response.status == 200)
            #expect(response.text.contains("degraded: login has not answered for 61 s"))
            let metrics = try await client.send(.get, "/metrics").text
            #expect(metrics.contains("\nrevocations_age_seconds "))
            #expect(metrics.contains("\nrevocations_entries "))
        }
    }
}
