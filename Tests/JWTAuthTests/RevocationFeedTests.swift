import Foundation
import HTTPTypes
import HummingbirdTesting
import JWT
import ServiceRuntime
import TestSupport
import Testing

@testable import JWTAuth

@Suite(.timeLimit(.minutes(1))) struct RevocationFeedTests {
    private let fixture = FeedFixture()
    private var feed: ScriptedFeed { fixture.feed }

    @Test(arguments: ["session", "token", "account"])
    func `a revocation is in force before the next question is asked`(kind: String) async throws {
        try await fixture.run { client in
            let (claims, text) = try fixture.token()
            let (_, other) = try fixture.token()
            let id = ["session": claims.sessionID, "token": claims.id, "account": claims.subject][kind] ?? nil
            try await fixture.response(.init(seq: 1, reset: true))
            let second = try await feed.next()
            #expect(second.after == 1)
            #expect(second.wait == 25)
            #expect(try await client.send(.get, "/mine", token: text).status == 200)
            let entry = fixture.entry(kind, id, before: kind == "account" ? 1 : nil)
            second.response(try FeedAnswer(seq: 2, entries: [entry]).signed(at: fixture.clock))
            #expect(try await feed.next().after == 2)
            let refusal = try await client.send(.get, "/mine", token: text)
            #expect(refusal.status == 401)
            #expect(refusal.code == "invalid_token")
            #expect(try await client.send(.get, "/mine", token: other).status == 200)
        }
    }

    @Test func `an account's entry spares the tokens issued from its time on, and reaches those of services`()
        async throws
    {
        try await fixture.run { client in
            let user = UUID()
            let (_, old) = try fixture.token(user)
            let onBehalf = try fixture.authenticator.mint.service(
                "inbox", audience: "orders", scope: "",
                requestHash: RequestHash.of(method: "GET", path: "/served", query: nil), onBehalfOf: user)
            let entry = fixture.entry("account", user.lowercase, before: 1)
            fixture.clock.advance(seconds: 1)
            let (_, new) = try fixture.token(user)
            #expect(try await client.send(.get, "/served", token: onBehalf).status == 200)
            try await fixture.response(.init(seq: 1, reset: true, entries: [entry]))
            _ = try await feed.next()
            #expect(try await client.send(.get, "/mine", token: old).status == 401)
            #expect(try await client.send(.get, "/served", token: onBehalf).status == 401)
            #expect(try await client.send(.get, "/mine", token: new).status == 200)
        }
    }

    @Test func `each question carries a token of the service that is good for it alone`() async throws {
        try await fixture.run { _ in
            let question = try await feed.next()
            #expect(question.path == "/revocations?after=0&wait=0")
            let verifier = Verifier(
                keys: KeySet(try Key(secret: Array(TokenMint.secret.utf8))),
                policy: TokenType.service.policy(issuers: ["orders"], audience: "login"))
            let now = NumericDate(seconds: Int64(fixture.clock.now.timeIntervalSince1970))
            let token = try verifier.verify(question.token, at: now)
            #expect(token.scopes == ["revocations:read"])
            #expect(
                token.queryHash == RequestHash.of(method: "GET", path: "/revocations", query: "after=0&wait=0"))
        }
    }

    @Test(arguments: [
        FeedAnswer(seq: 4), FeedAnswer(seq: 6, epoch: "second"), FeedAnswer(seq: 6, epoch: nil),
        FeedAnswer(seq: 6, after: 4),
    ])
    func `an response that does not follow is dropped, and the feed read from its beginning`(
        response: FeedAnswer
    ) async throws {
        try await fixture.run { client in
            let (known, knownText) = try fixture.token()
            let (claims, text) = try fixture.token()
            try await fixture.response(
                .init(seq: 5, reset: true, entries: [fixture.entry("session", known.sessionID)]))
            var response = response
            response.entries = [fixture.entry("session", claims.sessionID)]
            try await fixture.response(response)
            let beginning = try await feed.next()
            #expect(beginning.path == "/revocations?after=0&wait=0")
            #expect(try await client.send(.get, "/mine", token: text).status == 200)
            let snapshot = FeedAnswer(
                seq: 3, reset: true, epoch: "second", entries: [fixture.entry("token", claims.id)])
            beginning.response(try snapshot.signed(at: fixture.clock))
            #expect(try await feed.next().after == 3)
            #expect(try await client.send(.get, "/mine", token: text).status == 401)
            // What was refused once stays so, although the snapshot does not name it.
            #expect(try await client.send(.get, "/mine", token: knownText).status == 401)
        }
    }

    @Test func `a beginning that comes unasked is taken as one`() async throws {
        try await fixture.run { client in
            let (claims, text) = try fixture.token()
            try await fixture.response(.init(seq: 5, reset: true))
            try await fixture.response(
                .init(seq: 2, reset: true, epoch: "other", entries: [fixture.entry("session", claims.sessionID)]))
            #expect(try await feed.next().after == 2)
            #expect(try await client.send(.get, "/mine", token: text).status == 401)
        }
    }

    static let long = String(repeating: "x", count: 129)
    static let nonsense: [(String, @Sendable (inout FeedAnswer) -> Void)] = [
        ("another key", { $0.secret = "another-secret-of-sufficient-length-000000" }),
        ("another kind", { $0.type = "JWT" }), ("a service's kind", { $0.type = TokenType.service.typ }),
        ("a kept list", { $0.type = TokenType.revocationFileLine.typ }),
        ("expired", { $0.life = 0 }), ("another issuer", { $0.issuer = "inbox" }), ("no issuer", { $0.issuer = nil }),
        ("a seq in words", { $0.seq = "six" }), ("a negative seq", { $0.seq = -1 }), ("no seq", { $0.seq = nil }),
        ("a reset in words", { $0.reset = "no" }), ("no list", { $0.entries = [:] }),
        ("an unknown kind", { $0.entries = [["kind": "planet", "id": "x", "exp": 1]] }),
        ("an account without time", { $0.entries = [["kind": "account", "id": "x", "exp": 1]] }),
        ("an empty id", { $0.entries = [["kind": "token", "id": "", "exp": 1]] }),
        ("a long id", { $0.entries = [["kind": "token", "id": .string(long), "exp": 1]] }),
        ("no end", { $0.entries = [["kind": "token", "id": "x"]] }),
    ]

    @Test(arguments: nonsense.indices)
    func `an response that is not good changes nothing, and the question is asked again`(index: Int) async throws {
        let (name, change) = Self.nonsense[index]
        try await fixture.run { client in
            let (claims, text) = try fixture.token()
            try await fixture.response(.init(seq: 5, reset: true))
            let good = FeedAnswer(seq: 6, entries: [fixture.entry("session", claims.sessionID)])
            var bad = good
            change(&bad)
            try await fixture.response(bad)
            let again = try await feed.next()
            #expect(again.after == 5, "\(name)")
            #expect(try await client.send(.get, "/mine", token: text).status == 200)
            again.response(try good.signed(at: fixture.clock))
            #expect(try await feed.next().after == 6)
            #expect(try await client.send(.get, "/mine", token: text).status == 401)
        }
    }

    @Test(arguments: [
        (HTTPResponse.Status.internalServerError, ""), (.ok, ""), (.ok, "{}"),
        (.ok, String(repeating: "x", count: TokenType.revocationPage.maximumBytes + 1)),
    ])
    func `an response that is no token is one that did not come`(status: HTTPResponse.Status, body: String) async throws
    {
        try await fixture.run { client in
            try await feed.next().response(body, status: status)
            let again = try await feed.next()
            #expect(again.after == 0)
            #expect(try await client.send(.get, "/readyz").text.contains("login has not answered yet"))
            again.response(try FeedAnswer(seq: 1, reset: true).signed(at: fixture.clock))
            _ = try await feed.next()
            #expect(try await client.send(.get, "/readyz").text.contains("degraded") == false)
        }
    }

    @Test func `a first response that is no beginning is not taken for one`() async throws {
        try await fixture.run { _ in
            try await fixture.response(.init(seq: 5))
            #expect(try await feed.next().after == 0)
        }
    }

    @Test func `news that were replayed take nothing back`() async throws {
        try await fixture.run { client in
            let (claims, text) = try fixture.token()
            let old = try FeedAnswer(seq: 1, reset: true).signed(at: fixture.clock)
            try await feed.next().response(old)
            try await fixture.response(.init(seq: 2, entries: [fixture.entry("session", claims.sessionID)]))
            try await feed.next().response(old)
            #expect(try await feed.next().after == 1)
            #expect(try await client.send(.get, "/mine", token: text).status == 401)
        }
    }
}
