import Configuration
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JWT
import ServiceRuntime
import Synchronization
import TestSupport
import Testing

@testable import JWTAuth

/// A service behind a door that follows a scripted feed.
struct FeedFixture {
    let feed = ScriptedFeed()
    let door = DoorFixture()
    var clock: TestClock { door.clock }

    /// The service, following the feed at `port`.
    func service(
        port: Int, folder: String? = nil, list: RevocationList = RevocationList(), _ environment: [String: String] = [:]
    ) throws -> some ApplicationProtocol {
        let environment = TokenMint.environment.merging(["LOGIN_URL": "http://127.0.0.1:\(port)"]) { $1 }
            .merging(environment) { $1 }
        let reader = ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: environment))
        let (service, revocationSettings, doorSettings) = try Settings.read(reader) { settings in
            (
                ServiceSettings(name: "orders", defaultPort: 0, &settings),
                RevocationSettings(folder: folder, &settings),
                try DoorSettings(clock: clock.clock, &settings)
            )
        }
        let revocations = RevocationFeed(
            of: service.name, doorSettings, revocationSettings, list: list, clock: clock.clock)
        let door = Door(of: service, doorSettings, revocations: revocations, clock: clock.clock)
        let router = service.router(context: DoorContext.self, readiness: [revocations.readiness])
        router.get("public") { _, _ in "open" }
        router.behind(door, .user, scope: "orders:read").get("mine") { _, context in context.identity.subject }
        router.behind(door, .service(from: ["inbox"])).get("served") { _, context in context.identity.subject }
        return try service.application(
            router: router, description: APIDescription(of: service), services: [doorSettings.keys, revocations])
    }

    /// Serves the feed and the service that follows it.
    func run(
        folder: String? = nil, list: RevocationList = RevocationList(), _ environment: [String: String] = [:],
        _ body: @Sendable (any TestClientProtocol) async throws -> Void
    ) async throws {
        try await feed.serve { port in
            try await service(port: port, folder: folder, list: list, environment).test(.router) { client in
                try await body(client)
            }
        }
    }

    /// Waits for the next question and answers it.
    @discardableResult
    func answer(_ answer: FeedAnswer) async throws -> ScriptedFeed.Question {
        let question = try await feed.next()
        question.answer(try answer.signed(at: clock))
        return question
    }

    /// An entry that lives as long as the tokens of the tests.
    func entry(_ kind: String, _ id: String?, before: Int64? = nil) -> JSONValue {
        let now = Int64(clock.now.timeIntervalSince1970)
        let before = before.map { [JSONValue.Member("before", .integer(now + $0))] } ?? []
        return .object(
            [.init("kind", .string(kind)), .init("id", .string(id ?? "")), .init("exp", .integer(now + 600))] + before)
    }

    /// A user's claims, and the token with them.
    func token(_ user: UUID = UUID()) throws -> (claims: Claims, text: String) {
        let claims = door.mint.userClaims(user, audience: "orders", scope: "orders:read")
        return (claims, try door.mint.sign(claims))
    }
}

@Suite(.timeLimit(.minutes(1))) struct RevocationFeedTests {
    private let fixture = FeedFixture()
    private var feed: ScriptedFeed { fixture.feed }

    @Test(arguments: ["session", "token", "account"])
    func `a revocation is in force before the next question is asked`(kind: String) async throws {
        try await fixture.run { client in
            let (claims, text) = try fixture.token()
            let (_, other) = try fixture.token()
            let id = ["session": claims.sessionID, "token": claims.id, "account": claims.subject][kind] ?? nil
            try await fixture.answer(.init(seq: 1, reset: true))
            let second = try await feed.next()
            #expect(second.after == 1)
            #expect(second.wait == 25)
            #expect(try await client.send(.get, "/mine", token: text).status == 200)
            let entry = fixture.entry(kind, id, before: kind == "account" ? 1 : nil)
            second.answer(try FeedAnswer(seq: 2, entries: [entry]).signed(at: fixture.clock))
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
            let onBehalf = try fixture.door.mint.service(
                "inbox", audience: "orders", scope: "",
                requestHash: RequestHash.of(method: "GET", path: "/served", query: nil), onBehalfOf: user)
            let entry = fixture.entry("account", user.lowercase, before: 1)
            fixture.clock.advance(seconds: 1)
            let (_, new) = try fixture.token(user)
            #expect(try await client.send(.get, "/served", token: onBehalf).status == 200)
            try await fixture.answer(.init(seq: 1, reset: true, entries: [entry]))
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
                policy: .service(issuers: ["orders"], audience: "login"))
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
    func `an answer that does not follow is dropped, and the feed read from its beginning`(
        answer: FeedAnswer
    ) async throws {
        try await fixture.run { client in
            let (known, knownText) = try fixture.token()
            let (claims, text) = try fixture.token()
            try await fixture.answer(
                .init(seq: 5, reset: true, entries: [fixture.entry("session", known.sessionID)]))
            var answer = answer
            answer.entries = [fixture.entry("session", claims.sessionID)]
            try await fixture.answer(answer)
            let beginning = try await feed.next()
            #expect(beginning.path == "/revocations?after=0&wait=0")
            #expect(try await client.send(.get, "/mine", token: text).status == 200)
            let snapshot = FeedAnswer(
                seq: 3, reset: true, epoch: "second", entries: [fixture.entry("token", claims.id)])
            beginning.answer(try snapshot.signed(at: fixture.clock))
            #expect(try await feed.next().after == 3)
            #expect(try await client.send(.get, "/mine", token: text).status == 401)
            // What was refused once stays so, although the snapshot does not name it.
            #expect(try await client.send(.get, "/mine", token: knownText).status == 401)
        }
    }

    @Test func `a beginning that comes unasked is taken as one`() async throws {
        try await fixture.run { client in
            let (claims, text) = try fixture.token()
            try await fixture.answer(.init(seq: 5, reset: true))
            try await fixture.answer(
                .init(seq: 2, reset: true, epoch: "other", entries: [fixture.entry("session", claims.sessionID)]))
            #expect(try await feed.next().after == 2)
            #expect(try await client.send(.get, "/mine", token: text).status == 401)
        }
    }

    static let long = String(repeating: "x", count: 129)
    static let nonsense: [(String, @Sendable (inout FeedAnswer) -> Void)] = [
        ("another key", { $0.secret = "another-secret-of-sufficient-length-000000" }),
        ("another kind", { $0.type = "JWT" }), ("a service's kind", { $0.type = "service+jwt" }),
        ("a kept list", { $0.type = "revocation-list+jwt" }),
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
    func `an answer that is not good changes nothing, and the question is asked again`(index: Int) async throws {
        let (name, change) = Self.nonsense[index]
        try await fixture.run { client in
            let (claims, text) = try fixture.token()
            try await fixture.answer(.init(seq: 5, reset: true))
            let good = FeedAnswer(seq: 6, entries: [fixture.entry("session", claims.sessionID)])
            var bad = good
            change(&bad)
            try await fixture.answer(bad)
            let again = try await feed.next()
            #expect(again.after == 5, "\(name)")
            #expect(try await client.send(.get, "/mine", token: text).status == 200)
            again.answer(try good.signed(at: fixture.clock))
            #expect(try await feed.next().after == 6)
            #expect(try await client.send(.get, "/mine", token: text).status == 401)
        }
    }

    @Test(arguments: [
        (HTTPResponse.Status.internalServerError, ""), (.ok, ""), (.ok, "{}"),
        (.ok, String(repeating: "x", count: Policy.maximumRevocationsBytes + 1)),
    ])
    func `an answer that is no token is one that did not come`(status: HTTPResponse.Status, body: String) async throws {
        try await fixture.run { client in
            try await feed.next().answer(body, status: status)
            let again = try await feed.next()
            #expect(again.after == 0)
            #expect(try await client.send(.get, "/readyz").text.contains("login was never heard"))
            again.answer(try FeedAnswer(seq: 1, reset: true).signed(at: fixture.clock))
            _ = try await feed.next()
            #expect(try await client.send(.get, "/readyz").text.contains("degraded") == false)
        }
    }

    @Test func `a first answer that is no beginning is not taken for one`() async throws {
        try await fixture.run { _ in
            try await fixture.answer(.init(seq: 5))
            #expect(try await feed.next().after == 0)
        }
    }

    @Test func `news that were replayed take nothing back`() async throws {
        try await fixture.run { client in
            let (claims, text) = try fixture.token()
            let old = try FeedAnswer(seq: 1, reset: true).signed(at: fixture.clock)
            try await feed.next().answer(old)
            try await fixture.answer(.init(seq: 2, entries: [fixture.entry("session", claims.sessionID)]))
            try await feed.next().answer(old)
            #expect(try await feed.next().after == 1)
            #expect(try await client.send(.get, "/mine", token: text).status == 401)
        }
    }
}

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
                try await fixture.answer(
                    .init(seq: 1, reset: true, entries: [fixture.entry("session", known.sessionID)]))
                #expect(try await feed.next().after == 1)
            }
            #expect(try await client.send(.get, "/mine", token: knownText).status == 401)
            #expect(try await client.send(.get, "/mine", token: newsText).status == 200)
            try await feed.serve(port: port) { _ in
                let question = try await fixture.answer(
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
            try await fixture.answer(
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
            #expect(try await client.send(.get, "/readyz").text.contains("login was not heard for 61 s"))
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
            .write(.init(seq: 7, epoch: "first", heardAt: fixture.clock.now, entries: [entry] + filler))
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
            let answer = try await client.send(.get, "/mine", token: text)
            #expect(answer.status == 200)
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
            try await fixture.answer(.init(seq: 1, reset: true, entries: [fixture.entry("token", claims.id)]))
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
        let list = RevocationList(limit: 2)
        try await fixture.run(list: list) { client in
            let entries = ["a", "b", "c"].map { fixture.entry("session", $0) }
            try await fixture.answer(.init(seq: 3, reset: true, entries: .array(entries)))
            let again = try await feed.next()
            #expect(again.after == 0)
            #expect(try await client.send(.get, "/mine", token: fixture.token().text).status == 503)
            #expect(try await client.send(.get, "/readyz").text.contains("more tokens are revoked"))
            fixture.clock.advance(seconds: 601)
            let rest = FeedAnswer(seq: 3, reset: true, entries: [fixture.entry("session", "c")])
            again.answer(try rest.signed(at: fixture.clock))
            // The entries that have expired made room only after that answer, so it takes one more.
            try await fixture.answer(rest)
            _ = try await feed.next()
            #expect(list.count == 1)
            #expect(try await client.send(.get, "/mine", token: fixture.token().text).status == 200)
        }
    }

    @Test func `readyz and the metrics tell how old the list is`() async throws {
        try await fixture.run { client in
            #expect(try await client.send(.get, "/readyz").text.contains("login was never heard"))
            try await fixture.answer(.init(seq: 1, reset: true))
            _ = try await feed.next()
            #expect(try await client.send(.get, "/readyz").json["status"] as? String == "ready")
            fixture.clock.advance(seconds: 61)
            let answer = try await client.send(.get, "/readyz")
            #expect(answer.status == 200)
            #expect(answer.text.contains("degraded: login was not heard for 61 s"))
            let metrics = try await client.send(.get, "/metrics").text
            #expect(metrics.contains("\nrevocations_age_seconds "))
            #expect(metrics.contains("\nrevocations_entries "))
        }
    }
}
