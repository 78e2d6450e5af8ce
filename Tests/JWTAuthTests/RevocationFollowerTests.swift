import Foundation
import HTTPTypes
import HummingbirdTesting
import JWT
import ServiceRuntime
import TestSupport
import Testing

@testable import JWTAuth

@Suite(.timeLimit(.minutes(1))) struct RevocationFollowerTests {
    private let fixture = FeedFixture()
    private var feed: ScriptedFeed { fixture.feed }

    @Test(arguments: [Revocation.Kind.session, .token, .account])
    func `a revocation is in force before the next poll`(kind: Revocation.Kind) async throws {
        try await fixture.run { client in
            let (claims, text) = try fixture.token()
            let (_, other) = try fixture.token()
            let ids: [Revocation.Kind: String?] = [
                .session: claims.sessionID, .token: claims.id, .account: claims.subject,
            ]
            try await fixture.respond(.init(seq: 1, reset: true))
            let second = try await feed.nextPoll()
            #expect(second.after == 1)
            #expect(second.wait == 25)
            #expect(try await client.send(.get, "/mine", token: text).status == 200)
            let entry = fixture.entry(kind, ids[kind] ?? nil, before: kind == .account ? 1 : nil)
            second.respond(try FeedResponse(seq: 2, entries: [entry]).signed(at: fixture.clock))
            #expect(try await feed.nextPoll().after == 2)
            let response = try await client.send(.get, "/mine", token: text)
            #expect(response.status == 401)
            #expect(response.code == "invalid_token")
            #expect(try await client.send(.get, "/mine", token: other).status == 200)
        }
    }

    @Test func `the revocation of an account includes tokens of services on its behalf, but no later tokens`()
        async throws
    {
        try await fixture.run { client in
            let user = UUID()
            let (_, old) = try fixture.token(user)
            let onBehalf = try fixture.authenticator.mint.service(
                "inbox", audience: "orders", scope: "",
                requestHash: RequestHash.of(method: "GET", path: "/served", query: nil), onBehalfOf: user)
            let entry = fixture.entry(.account, user.lowercase, before: 1)
            fixture.clock.advance(seconds: 1)
            let (_, new) = try fixture.token(user)
            #expect(try await client.send(.get, "/served", token: onBehalf).status == 200)
            try await fixture.respond(.init(seq: 1, reset: true, entries: [entry]))
            _ = try await feed.nextPoll()
            #expect(try await client.send(.get, "/mine", token: old).status == 401)
            #expect(try await client.send(.get, "/served", token: onBehalf).status == 401)
            #expect(try await client.send(.get, "/mine", token: new).status == 200)
        }
    }

    @Test func `each poll carries a token of the service for this request only`() async throws {
        try await fixture.run { _ in
            let poll = try await feed.nextPoll()
            #expect(poll.path == "/revocations?after=0&wait=0")
            let verifier = Verifier(
                keys: KeySet(try Key(secret: Array(TokenMint.secret.utf8))),
                policy: TokenType.service.policy(issuers: ["orders"], audience: "login"))
            let token = try verifier.verify(poll.token, at: fixture.now)
            #expect(token.scopes == ["revocations:read"])
            #expect(
                token.queryHash == RequestHash.of(method: "GET", path: "/revocations", query: "after=0&wait=0"))
        }
    }

    @Test(arguments: [
        FeedResponse(seq: 4), FeedResponse(seq: 6, epoch: "second"), FeedResponse(seq: 6, epoch: nil),
        FeedResponse(seq: 6, after: 4),
    ])
    func `a page that does not follow is dropped, and the feed is read from its beginning`(
        response: FeedResponse
    ) async throws {
        try await fixture.run { client in
            let (known, knownText) = try fixture.token()
            let (claims, text) = try fixture.token()
            try await fixture.respond(
                .init(seq: 5, reset: true, entries: [fixture.entry(.session, known.sessionID)]))
            var response = response
            response.entries = [fixture.entry(.session, claims.sessionID)]
            try await fixture.respond(response)
            let beginning = try await feed.nextPoll()
            #expect(beginning.path == "/revocations?after=0&wait=0")
            #expect(try await client.send(.get, "/mine", token: text).status == 200)
            let snapshot = FeedResponse(
                seq: 3, reset: true, epoch: "second", entries: [fixture.entry(.token, claims.id)])
            beginning.respond(try snapshot.signed(at: fixture.clock))
            #expect(try await feed.nextPoll().after == 3)
            #expect(try await client.send(.get, "/mine", token: text).status == 401)
            // A revoked token stays revoked, although the snapshot does not name it.
            #expect(try await client.send(.get, "/mine", token: knownText).status == 401)
        }
    }

    @Test func `a beginning that was not requested is accepted`() async throws {
        try await fixture.run { client in
            let (claims, text) = try fixture.token()
            try await fixture.respond(.init(seq: 5, reset: true))
            try await fixture.respond(
                .init(seq: 2, reset: true, epoch: "other", entries: [fixture.entry(.session, claims.sessionID)]))
            #expect(try await feed.nextPoll().after == 2)
            #expect(try await client.send(.get, "/mine", token: text).status == 401)
        }
    }

    static let longID = String(repeating: "x", count: 129)
    static let invalidResponses: [(String, @Sendable (inout FeedResponse) -> Void)] = [
        ("another key", { $0.secret = "another-secret-of-sufficient-length-000000" }),
        ("the type of access tokens", { $0.type = TokenType.access.typ }),
        ("the type of services", { $0.type = TokenType.service.typ }),
        ("the type of the saved list", { $0.type = TokenType.revocationFileLine.typ }),
        ("expired", { $0.lifetimeSeconds = 0 }), ("another issuer", { $0.issuer = "inbox" }),
        ("no issuer", { $0.issuer = nil }),
        ("a seq in words", { $0.seq = "six" }), ("a negative seq", { $0.seq = -1 }), ("no seq", { $0.seq = nil }),
        ("a reset in words", { $0.reset = "no" }), ("no list", { $0.entries = [:] }),
        ("an account without time", { $0.entries = [["kind": "account", "id": "x", "exp": 1]] }),
        ("an empty id", { $0.entries = [["kind": "token", "id": "", "exp": 1]] }),
        ("a long id", { $0.entries = [["kind": "token", "id": .string(longID), "exp": 1]] }),
        ("an id beyond ASCII", { $0.entries = [["kind": "token", "id": "zoë", "exp": 1]] }),
        ("no expiry", { $0.entries = [["kind": "token", "id": "x"]] }),
    ]

    @Test(arguments: invalidResponses.indices)
    func `an invalid response changes nothing, and the poll is repeated`(index: Int) async throws {
        let (name, change) = Self.invalidResponses[index]
        try await fixture.run { client in
            let (claims, text) = try fixture.token()
            try await fixture.respond(.init(seq: 5, reset: true))
            let valid = FeedResponse(seq: 6, entries: [fixture.entry(.session, claims.sessionID)])
            var invalid = valid
            change(&invalid)
            try await fixture.respond(invalid)
            let again = try await feed.nextPoll()
            #expect(again.after == 5, "\(name)")
            #expect(try await client.send(.get, "/mine", token: text).status == 200)
            again.respond(try valid.signed(at: fixture.clock))
            #expect(try await feed.nextPoll().after == 6)
            #expect(try await client.send(.get, "/mine", token: text).status == 401)
        }
    }

    @Test(arguments: [
        (HTTPResponse.Status.internalServerError, ""), (.ok, ""), (.ok, "{}"),
        (.ok, String(repeating: "x", count: TokenType.revocationPage.maximumBytes + 1)),
    ])
    func `a response without a token does not count as contact with login`(
        status: HTTPResponse.Status, body: String
    ) async throws {
        try await fixture.run { client in
            try await feed.nextPoll().respond(body, status: status)
            let again = try await feed.nextPoll()
            #expect(again.after == 0)
            #expect(try await client.send(.get, "/readyz").text.contains("login has not responded yet"))
            again.respond(try FeedResponse(seq: 1, reset: true).signed(at: fixture.clock))
            _ = try await feed.nextPoll()
            #expect(try await client.send(.get, "/readyz").text.contains("degraded") == false)
        }
    }

    @Test func `a first page that is not the beginning is rejected`() async throws {
        try await fixture.run { client in
            let (claims, text) = try fixture.token()
            try await fixture.respond(.init(seq: 5, entries: [fixture.entry(.session, claims.sessionID)]))
            #expect(try await feed.nextPoll().after == 0)
            #expect(try await client.send(.get, "/mine", token: text).status == 200)
        }
    }

    @Test func `a replayed page does not make a revoked token valid`() async throws {
        try await fixture.run { client in
            let (claims, text) = try fixture.token()
            let old = try FeedResponse(seq: 1, reset: true).signed(at: fixture.clock)
            try await feed.nextPoll().respond(old)
            try await fixture.respond(.init(seq: 2, entries: [fixture.entry(.session, claims.sessionID)]))
            try await feed.nextPoll().respond(old)
            #expect(try await feed.nextPoll().after == 1)
            #expect(try await client.send(.get, "/mine", token: text).status == 401)
        }
    }

    @Test func `a feed that responds at once without revocations is polled with pauses`() async throws {
        try await fixture.run { _ in
            try await fixture.respond(.init(seq: 1, reset: true))
            let polls = try await underLoad(clients: 1) { _ in
                try await fixture.respond(.init(seq: 1))
                return ("poll", 200)
            } while: {
                try await Task.sleep(for: .seconds(1))
            }
            // Pauses of 100 ms allow ten polls in a second. Without pauses, there would be hundreds.
            #expect(polls.count < 50)
        }
    }

    @Test func `a page with revocations is followed by the next poll without a pause`() async throws {
        try await fixture.run { _ in
            try await fixture.respond(.init(seq: 1, reset: true))
            // A pause after each page would take 20 seconds.
            let pages: Void? = try await result(beforeSleepOf: .seconds(20)) {
                for seq in 2..<202 {
                    let entry = fixture.entry(.session, "session-\(seq)")
                    try await fixture.respond(.init(seq: .integer(Int64(seq)), entries: [entry]))
                }
            }
            #expect(pages != nil)
        }
    }

    @Test(arguments: [(1, 50, 100), (2, 100, 200), (3, 200, 400), (4, 400, 800), (5, 500, 1000), (1000, 500, 1000)])
    func `the pause after a failure doubles up to one second and varies by half`(
        failures: Int, least: Int, most: Int
    ) {
        let pauses = (0..<200).map { _ in RevocationFollower.pause(after: failures) }
        #expect(pauses.allSatisfy { (.milliseconds(least) ... .milliseconds(most)).contains($0) })
        #expect(Set(pauses).count > 1)
    }

    @Test func `expired revocations are removed while the service runs`() async throws {
        let list = RevocationList()
        try await fixture.run(list: list) { _ in
            try await fixture.respond(.init(seq: 1, reset: true, entries: [fixture.entry(.session, "s")]))
            let poll = try await feed.nextPoll()
            #expect(list.count == 1)
            fixture.clock.advance(seconds: 660)
            poll.respond(try FeedResponse(seq: 1).signed(at: fixture.clock))
            _ = try await feed.nextPoll()
            #expect(list.count == 0)
        }
    }

    @Test func `a page with an unknown kind of revocation makes the service reject all tokens until it can be read`()
        async throws
    {
        try await fixture.run { client in
            let (claims, text) = try fixture.token()
            let (_, other) = try fixture.token()
            try await fixture.respond(.init(seq: 5, reset: true))
            let unknown: JSONValue = ["kind": "planet", "id": "x", "exp": .integer((fixture.now + 600).seconds)]
            try await fixture.respond(
                .init(seq: 7, entries: [fixture.entry(.session, claims.sessionID), unknown]))
            let again = try await feed.nextPoll()
            #expect(again.after == 5)
            #expect(try await client.send(.get, "/mine", token: text).status == 401)
            #expect(try await client.send(.get, "/mine", token: other).status == 503)
            #expect(try await client.send(.get, "/readyz").text.contains("this version does not know"))
            fixture.clock.advance(seconds: 600)
            again.respond(try FeedResponse(seq: 7, entries: [unknown]).signed(at: fixture.clock))
            #expect(try await feed.nextPoll().after == 7)
            let response = try await client.send(.get, "/mine", token: fixture.token().text)
            #expect(response.status == 200)
        }
    }

    @Test func `a clock that is set back ends the poll, and the feed is read from its beginning`() async throws {
        try await fixture.run { client in
            let (claims, text) = try fixture.token()
            let entry = fixture.entry(.session, claims.sessionID)
            fixture.clock.step(seconds: 3600)
            try await fixture.respond(.init(seq: 5, reset: true, entries: [entry]))
            _ = try await feed.nextPoll()
            fixture.clock.step(seconds: -3600)
            #expect(try await client.send(.get, "/mine", token: text).status == 503)
            let beginning = try await feed.nextPoll()
            #expect(beginning.after == 0)
            beginning.respond(try FeedResponse(seq: 5, reset: true, entries: [entry]).signed(at: fixture.clock))
            #expect(try await feed.nextPoll().after == 5)
            #expect(try await client.send(.get, "/mine", token: text).status == 401)
        }
    }

    @Test func `a service listens when it has read all pages of the feed`() async throws {
        try await feed.serve { port in
            try await withThrowingTaskGroup { group in
                let (claims, text) = try fixture.token()
                group.addTask {
                    try await fixture.service(port: port, waits: true).test(.live) { client in
                        let response = try await client.send(.get, "/mine", token: text)
                        #expect(response.status == 401)
                    }
                }
                let ids = (0..<RevocationPage.maximumEntries).map { fixture.entry(.session, "\($0)") }
                try await fixture.respond(.init(seq: 10_000, reset: true, entries: .array(ids)))
                try await fixture.respond(
                    .init(seq: 10_001, entries: [fixture.entry(.session, claims.sessionID)]))
                try await group.waitForAll()
            }
        }
    }

    @Test func `a service listens although login is down`() async throws {
        try await fixture.service(port: 1, waits: true).test(.live) { client in
            let response = try await client.send(.get, "/mine", token: fixture.token().text)
            #expect(response.status == 200)
        }
    }
}
