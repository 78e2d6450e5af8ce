import Database
import Foundation
import HTTPTypes
import HummingbirdTesting
import JWT
import JWTAuth
import ServiceRuntime
import TestSupport
import Testing

@testable import OrdersService

@Suite(.timeLimit(.minutes(1))) struct ReceiptTests {
    @Test func `a receipt link shows the receipt once`() async throws {
        try await ServiceUnderTest<Orders>.run { orders in
            let order = try await orders.placedOrder()
            let link = try await orders.receiptLink(order.id)
            let receipt = try await orders.client.send(.get, link)
            #expect(receipt.status == 200)
            #expect(receipt.headers[.contentType] == "text/html; charset=utf-8")
            #expect(receipt.headers[.cacheControl] == "no-store")
            #expect(receipt.headers[.referrerPolicy] == "no-referrer")
            #expect(receipt.headers[.contentSecurityPolicy]?.hasPrefix("default-src 'none'") == true)
            #expect(receipt.text.contains("<title>Receipt \(order.id)</title>"))
            #expect(receipt.text.contains(", placed</p>"))
            #expect(receipt.text.contains("<td>2</td><td>12.50 EUR</td>"))
            #expect(receipt.text.contains("25.00 EUR"))
            #expect(try await orders.client.send(.get, link).status == 401)
        }
    }

    @Test func `a receipt escapes the names of products byte by byte`() async throws {
        try await ServiceUnderTest<Orders>.run { orders in
            let receipt = try await orders.client.send(.get, orders.receiptLink(orders.placedOrder().id))
            // With the sign before it, the bracket is one character to Swift, which the library would not escape.
            #expect(Data(receipt.text.utf8).range(of: Data("\u{600}&lt;Mug\u{600}&gt;".utf8)) != nil)
        }
    }

    @Test func `a response with a receipt link is not cached and names the end of the link`() async throws {
        try await ServiceUnderTest<Orders>.run { orders in
            let order = try await orders.placedOrder()
            let response = try await orders.client.send(
                .post, "/orders/\(order.id)/receipt-link", token: orders.token())
            #expect(response.status == 201)
            #expect(response.headers[.cacheControl] == "no-store")
            #expect(response["expires_at"] == (orders.clock.now + 60).rfc3339)
        }
    }

    @Test func `a receipt link begins with the address of orders, whatever the request says`() async throws {
        for (variable, origin) in [(nil, "http://localhost:0"), ("https://orders.example", "https://orders.example")] {
            let environment = variable.map { ["PUBLIC_URL": $0] } ?? [:]
            let folder = try TemporaryFolder()
            let id = try await folder.withStore { try await $0.placeSample(at: TestClock().now) }
            try await ServiceUnderTest<Orders>.run(environment: environment, folder: folder) { orders in
                var headers: HTTPFields = [:]
                for (name, value) in [("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "evil.example")] {
                    headers[try #require(HTTPField.Name(name))] = value
                }
                let path = "/orders/\(id.lowercase)/receipt"
                let response = try await orders.client.send(
                    .post, "\(path)-link", token: orders.token(), headers: headers)
                #expect(response["url"]?.hasPrefix("\(origin)\(path)?token=") == true)
            }
        }
    }

    @Test func `a receipt link is revoked with the session that made it`() async throws {
        try await ServiceUnderTest<Orders>.run { orders in
            let order = try await orders.placedOrder()
            let claims = orders.tokens.userClaims(alice, audience: "orders", scope: "orders:read")
            orders.clock.advance(seconds: 30)
            let response = try await orders.client.send(
                .post, "/orders/\(order.id)/receipt-link", token: try orders.tokens.sign(claims))
            let url = try #require(response["url"].flatMap(URL.init(string:)))
            let token = try #require(url.query?.dropFirst("token=".count))
            let link = try InspectedToken(inspecting: String(token)).payload
            #expect(link["sid"]?.string == claims.sessionID)
            // A revocation of the account covers the tokens that were issued before a time.
            #expect(link["iat"]?.integer == claims.issuedAt?.seconds)
        }
    }

    @Test func `a receipt link expires after a minute`() async throws {
        try await ServiceUnderTest<Orders>.run { orders in
            let order = try await orders.placedOrder()
            let (early, late) = (try await orders.receiptLink(order.id), try await orders.receiptLink(order.id))
            orders.clock.advance(seconds: 59)
            #expect(try await orders.client.send(.get, early).status == 200)
            orders.clock.advance(seconds: 1)
            #expect(try await orders.client.send(.get, late).status == 401)
        }
    }

    @Test func `ten concurrent uses of a receipt link show one receipt`() async throws {
        try await ServiceUnderTest<Orders>.run { orders in
            let link = try await orders.receiptLink(orders.placedOrder().id)
            let statuses = try await withThrowingTaskGroup { group in
                for _ in 1...10 { group.addTask { try await orders.client.send(.get, link).status } }
                return try await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
            }
            #expect(statuses == [200: 1, 401: 9])
        }
    }

    @Test func `a used receipt link stays used after a restart`() async throws {
        let clock = TestClock()
        let folder = try TemporaryFolder()
        let stub = StubServices()
        let links = AsyncStream.makeStream(of: String.self)
        try await ServiceUnderTest<Orders>.run(beside: stub, clock: clock, folder: folder) { orders in
            let link = try await orders.receiptLink(orders.placedOrder().id)
            #expect(try await orders.client.send(.get, link).status == 200)
            links.continuation.yield(link)
        }
        let link = try #require(await links.stream.first { _ in true })
        try await ServiceUnderTest<Orders>.run(beside: stub, clock: clock, folder: folder) { orders in
            let response = try await orders.client.send(.get, link)
            #expect(response.status == 401)
        }
    }

    @Test func `a used link stays used after the clock was an hour ahead for a while`() async throws {
        try await ServiceUnderTest<Orders>.run { orders in
            let order = try await orders.placedOrder()
            let link = try await orders.receiptLink(order.id)
            #expect(try await orders.client.send(.get, link).status == 200)
            orders.clock.step(seconds: 3600)
            let later = try await orders.receiptLink(order.id)
            #expect(try await orders.client.send(.get, later).status == 200)
            orders.clock.step(seconds: -3600)
            #expect(try await orders.client.send(.get, link).status == 401)
        }
    }

    @Test func `a used link is remembered as long as the store is told`() async throws {
        let date = TestClock().now
        let store = try OrderStore(database: .open(.inMemory, migrations: Schema.migrations))
        #expect(try await store.useLink("a", keepUntil: date + 60, at: date))
        #expect(try await store.useLink("a", keepUntil: date + 60, at: date + 59) == false)
        #expect(try await store.useLink("b", keepUntil: date + 120, at: date + 60))
        let kept = try await store.database.read { try $0.query("SELECT id FROM spent_links") }
        let ids: [String] = try kept.map { try $0["id"] }
        #expect(ids == ["b"])
    }

    @Test func `a receipt link works for its own path and query only`() async throws {
        try await ServiceUnderTest<Orders>.run { orders in
            let order = try await orders.placedOrder()
            let other = try await orders.placedOrder()
            let link = try await orders.receiptLink(order.id)
            for changed in [
                "\(link)&x=1", link.replacing("?token", with: "?x=1&token"), link.replacing(order.id, with: other.id),
                link.replacing(order.id, with: UUID().lowercase),
            ] {
                let status = try await orders.client.send(.get, changed).status
                #expect(status == 401, "\(changed.prefix(80))")
            }
            #expect(try await orders.client.send(.get, link).status == 200)
        }
    }

    @Test func `a receipt link whose token was changed is rejected`() async throws {
        try await ServiceUnderTest<Orders>.run { orders in
            let order = try await orders.placedOrder()
            let link = try await orders.receiptLink(order.id)
            let path = "/orders/\(order.id)/receipt"
            let claims = try orders.linkClaims(path)
            var otherHash = claims
            otherHash.queryHash = RequestHash.of(method: "POST", path: path, query: nil)
            var noHash = claims
            noHash.queryHash = nil
            var otherIssuer = claims
            otherIssuer.issuer = "catalog"
            let tokens = [
                String(link.dropFirst(path.count + 7).dropLast(2)),
                try orders.tokens.sign(
                    claims, type: TokenType.link.typ, secret: "another secret of the required length, 32"),
                try orders.tokens.sign(claims, type: TokenType.service.typ), try orders.tokens.sign(claims),
                try orders.tokens.sign(otherHash, type: TokenType.link.typ),
                try orders.tokens.sign(noHash, type: TokenType.link.typ),
                try orders.tokens.sign(otherIssuer, type: TokenType.link.typ), try orders.token(),
            ]
            for token in tokens {
                #expect(try await orders.client.send(.get, "\(path)?token=\(token)").status == 401)
            }
            let valid = try orders.tokens.sign(claims, type: TokenType.link.typ)
            #expect(try await orders.client.send(.get, "\(path)?token=\(valid)").status == 200)
        }
    }

    @Test func `a receipt link shows the receipt even in a browser that is signed in`() async throws {
        try await ServiceUnderTest<Orders>.run { orders in
            let link = try await orders.receiptLink(orders.placedOrder().id)
            let cookie = "access_token=\(try orders.token(bob))"
            #expect(try await orders.client.send(.get, link, headers: [.cookie: cookie]).status == 200)
        }
    }

    @Test func `a receipt link with a bearer token beside it is a bad request and stays unused`() async throws {
        try await ServiceUnderTest<Orders>.run { orders in
            let link = try await orders.receiptLink(orders.placedOrder().id)
            #expect(try await orders.client.send(.get, link, token: orders.token()).status == 400)
            #expect(try await orders.client.send(.get, link).status == 200)
        }
    }

    @Test func `a receipt without a link is denied, whatever the token in the header field`() async throws {
        try await ServiceUnderTest<Orders>.run { orders in
            let path = "/orders/\(try await orders.placedOrder().id)/receipt"
            #expect(try await orders.client.send(.get, path).status == 401)
            #expect(try await orders.client.send(.get, path, token: orders.token()).status == 401)
        }
    }

    @Test func `a customer gets no receipt link for the order of another customer`() async throws {
        try await ServiceUnderTest<Orders>.run { orders in
            let order = try await orders.placedOrder()
            let path = "/orders/\(order.id)/receipt"
            for scope in ["orders:read", staffScope] {
                let token = try orders.token(bob, scope: scope)
                #expect(try await orders.client.send(.post, "\(path)-link", token: token).status == 404)
            }
            let foreign = try orders.tokens.sign(orders.linkClaims(path, for: bob), type: TokenType.link.typ)
            #expect(try await orders.client.send(.get, "\(path)?token=\(foreign)").status == 404)
        }
    }

    @Test func `a receipt of a cancelled order says that it is cancelled`() async throws {
        try await ServiceUnderTest<Orders>.run { orders in
            let order = try await orders.placedOrder()
            _ = try await orders.cancel(order.id)
            let receipt = try await orders.client.send(.get, orders.receiptLink(order.id))
            #expect(receipt.text.contains(", cancelled</p>"))
        }
    }
}

extension ServiceUnderTest<Orders> {
    /// The path and query of a new link to the receipt of an order.
    fileprivate func receiptLink(_ order: String) async throws -> String {
        let response = try await client.send(.post, "/orders/\(order)/receipt-link", token: token())
        let url = try #require(response["url"].flatMap(URL.init(string:)))
        return "\(url.path)?\(try #require(url.query))"
    }

    /// The claims of a valid link to a path.
    fileprivate func linkClaims(_ path: String, for account: UUID = alice) throws -> Claims {
        let now = NumericDate(seconds: Int64(clock.now.timeIntervalSince1970))
        return Claims(
            issuer: "orders", subject: account.lowercase, audience: ["orders"], expiresAt: now + 60, issuedAt: now,
            id: UUID().lowercase, queryHash: RequestHash.of(method: "GET", path: path, query: nil))
    }
}
