import Configuration
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JWTAuth
import ServiceRuntime
import TestSupport
import Testing

@testable import InboxService

@Suite struct MessageRouteTests {
    private let clock = TestClock()
    private var mint: TokenMint { TokenMint(clock) }
    private let alice = UUID()
    private let bob = UUID()

    private func inbox() async throws -> some ApplicationProtocol {
        try await Inbox.buildApplication(
            reader: ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: TokenMint.environment)),
            clock: clock.clock)
    }

    private func aliceToken(scope: String = "inbox:read") throws -> String {
        try mint.user(alice, audience: "inbox", scope: scope)
    }

    /// Delivers as orders does.
    private func deliver(
        _ client: some TestClientProtocol, id: UUID, to account: UUID, from issuer: String = "orders",
        json: String = #"{"subject":"Hello","body":"World"}"#
    ) async throws -> ReceivedResponse {
        let path = "/accounts/\(account.lowercase)/messages/\(id.lowercase)"
        let token = try mint.service(
            issuer, audience: "inbox", scope: "inbox:write",
            requestHash: RequestHash.of(method: "PUT", path: path, query: nil))
        return try await client.send(.put, path, token: token, json: json)
    }

    @Test(arguments: [TestingSetup.router, .live])
    func `a delivered message is read, marked and deleted by its owner`(setup: TestingSetup) async throws {
        try await inbox().test(setup) { client in
            let id = UUID.version7(at: clock.now)
            #expect(try await deliver(client, id: id, to: alice).status == 201)

            let token = try aliceToken()
            let list = try await client.send(.get, "/messages", token: token)
            #expect(list.status == 200)
            let messages = try #require(list.json["messages"] as? [[String: Any]])
            #expect(messages.map { $0["id"] as? String } == [id.lowercase])
            #expect(messages[0]["subject"] as? String == "Hello")
            #expect(messages[0]["read"] as? Bool == false)
            #expect(messages[0]["created_at"] as? String == clock.now.rfc3339)

            for _ in 1...2 {
                #expect(try await client.send(.post, "/messages/\(id.lowercase)/read", token: token).status == 204)
            }
            #expect(try await client.send(.get, "/messages", token: token).text.contains(#""read":true"#))

            #expect(try await client.send(.delete, "/messages/\(id.lowercase)", token: token).status == 204)
            #expect(try await client.send(.delete, "/messages/\(id.lowercase)", token: token).status == 404)
            #expect(try await client.send(.get, "/messages", token: token).text.contains("Hello") == false)
        }
    }

    @Test func `a message that is delivered twice is there once, and stays deleted`() async throws {
        try await inbox().test(.router) { client in
            let id = UUID.version7(at: clock.now)
            #expect(try await deliver(client, id: id, to: alice).status == 201)
            #expect(try await deliver(client, id: id, to: alice).status == 200)
            #expect(try await client.send(.delete, "/messages/\(id.lowercase)", token: aliceToken()).status == 204)
            #expect(try await deliver(client, id: id, to: alice).status == 200)
            let list = try await client.send(.get, "/messages", token: aliceToken())
            #expect((list.json["messages"] as? [Any])?.isEmpty == true)
        }
    }

    @Test func `someone else's message is not there`() async throws {
        try await inbox().test(.router) { client in
            let id = UUID.version7(at: clock.now)
            _ = try await deliver(client, id: id, to: alice)
            let token = try mint.user(bob, audience: "inbox", scope: "inbox:read")
            #expect(try await client.send(.get, "/messages", token: token).text.contains("Hello") == false)
            #expect(try await client.send(.post, "/messages/\(id.lowercase)/read", token: token).status == 404)
            #expect(try await client.send(.delete, "/messages/\(id.lowercase)", token: token).status == 404)
            let mine = try await client.send(.get, "/messages", token: aliceToken())
            #expect(mine.text.contains(#""read":false"#))
        }
    }

    @Test func `only orders delivers, and only with its own kind of token`() async throws {
        try await inbox().test(.router) { client in
            let id = UUID()
            #expect(try await deliver(client, id: id, to: alice, from: "catalog").status == 401)
            let path = "/accounts/\(alice.lowercase)/messages/\(id.lowercase)"
            let userToken = try aliceToken(scope: "inbox:read inbox:write")
            #expect(try await client.send(.put, path, token: userToken, json: "{}").status == 401)
            let serviceToken = try mint.service(
                "orders", audience: "inbox", scope: "inbox:read",
                requestHash: RequestHash.of(method: "GET", path: "/messages", query: nil))
            #expect(try await client.send(.get, "/messages", token: serviceToken).status == 401)
        }
    }

    @Test(arguments: [
        (#"{"body":"x"}"#, 422, "subject"), (#"{"subject":"","body":"x"}"#, 422, "subject"),
        (#"{"subject":"a\u0000b","body":"x"}"#, 422, ""), (#"{"subject":"x"}"#, 422, "body"),
        (#"{"subject":["x"],"body":"x"}"#, 422, "subject"),
        (#"{"subject":"\#(String(repeating: "x", count: 201))","body":"x"}"#, 422, "subject"),
        (#"{"subject":"\#(String(repeating: "e\u{301}", count: 101))","body":"x"}"#, 422, "subject"),
        (#"{"subject":"x","body":"\#(String(repeating: "x", count: 10_001))"}"#, 422, "body"),
    ])
    func `a message that does not fit is refused by the name of its field`(
        json: String, status: Int, field: String
    ) async throws {
        try await inbox().test(.router) { client in
            let response = try await deliver(client, id: UUID(), to: alice, json: json)
            #expect(response.status == status)
            #expect((response.json["errors"] as? [[String: Any]])?.first?["field"] as? String == field)
        }
    }

    @Test func `pages follow each other, newest first`() async throws {
        try await inbox().test(.router) { client in
            var ids: [String] = []
            for index in 0..<5 {
                clock.advance(seconds: 1)
                let id = UUID.version7(at: clock.now)
                ids.insert(id.lowercase, at: 0)
                #expect(
                    try await deliver(client, id: id, to: alice, json: #"{"subject":"\#(index)","body":""}"#).status
                        == 201)
            }
            var seen: [String] = []
            var uri = "/messages?limit=2"
            for _ in 0..<3 {
                let page = try await client.send(.get, uri, token: aliceToken())
                seen += try #require(page.json["messages"] as? [[String: Any]]).compactMap { $0["id"] as? String }
                uri = "/messages?limit=2&after=\(page.json["next"] as? String ?? "")"
            }
            #expect(seen == ids)
        }
    }

    @Test(arguments: [
        "limit=0", "limit=201", "limit=x", "limit=", "after=x", "after=%00", "limit=99999999999999999999",
    ])
    func `a page that cannot be is refused`(query: String) async throws {
        try await inbox().test(.router) { client in
            let response = try await client.send(.get, "/messages?\(query)", token: aliceToken())
            #expect(response.status == 422)
        }
    }

    @Test(arguments: ["x", "%00", "..%2f", "0198F2B4-0000-7000-8000-000000000000", String(repeating: "a", count: 5000)])
    func `an id that is none is not there`(id: String) async throws {
        try await inbox().test(.router) { client in
            let response = try await client.send(.delete, "/messages/\(id)", token: aliceToken())
            #expect(response.status == 404)
        }
    }
}
