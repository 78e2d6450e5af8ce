import Foundation
import HTTPTypes
import HummingbirdTesting
import JWTAuth
import ServiceRuntime
import TestSupport
import Testing

@testable import InboxService

@Suite struct MessageRouteTests {
    @Test(arguments: [TestingSetup.router, .live])
    func `the owner of a message reads it, marks it as read and deletes it`(setup: TestingSetup) async throws {
        try await ServiceUnderTest<Inbox>.run(setup) { inbox in
            let id = try await inbox.deliveredID()
            func message(isRead: Bool) -> ReceivedMessage {
                ReceivedMessage(
                    id: id.lowercase, subject: "Hello", body: "World", createdAt: inbox.clock.now.rfc3339, read: isRead)
            }
            #expect(try await inbox.messages().messages == [message(isRead: false)])
            for _ in 1...2 {
                #expect(try await inbox.markRead(id) == 204)
                #expect(try await inbox.messages().messages == [message(isRead: true)])
            }
            #expect(try await inbox.delete(id) == 204)
            #expect(try await inbox.delete(id) == 404)
            #expect(try await inbox.markRead(id) == 404)
            #expect(try await inbox.messages().messages == [])
        }
    }

    @Test func `a list of messages has the members of its description and no others`() async throws {
        try await ServiceUnderTest<Inbox>.run { inbox in
            let id = try await inbox.deliveredID()
            let list = try await inbox.client.send(.get, "/messages", token: inbox.token())
            let message: NSDictionary = [
                "id": id.lowercase, "subject": "Hello", "body": "World", "created_at": inbox.clock.now.rfc3339,
                "read": false,
            ]
            #expect(list.json as NSDictionary == ["messages": [message]])
        }
    }

    @Test func `a message that is delivered twice is listed once`() async throws {
        try await ServiceUnderTest<Inbox>.run { inbox in
            let id = try await inbox.deliveredID()
            #expect(try await inbox.deliver(id, json: #"{"subject":"Other","body":""}"#).status == 200)
            #expect(try await inbox.messages().messages.map(\.subject) == ["Hello"])
        }
    }

    @Test func `a deleted message that is delivered again stays deleted`() async throws {
        try await ServiceUnderTest<Inbox>.run { inbox in
            let id = try await inbox.deliveredID()
            #expect(try await inbox.delete(id) == 204)
            #expect(try await inbox.deliver(id).status == 200)
            #expect(try await inbox.messages().messages == [])
        }
    }

    @Test func `a message of another account can be neither read, marked nor deleted`() async throws {
        try await ServiceUnderTest<Inbox>.run { inbox in
            let id = try await inbox.deliveredID()
            #expect(try await inbox.messages(of: bob).messages == [])
            #expect(try await inbox.markRead(id, by: bob) == 404)
            #expect(try await inbox.delete(id, by: bob) == 404)
            #expect(try await inbox.messages().messages.map(\.read) == [false])
        }
    }

    @Test func `two accounts may have messages with the same id`() async throws {
        try await ServiceUnderTest<Inbox>.run { inbox in
            let id = try await inbox.deliveredID()
            #expect(try await inbox.deliver(id, to: bob).status == 201)
            #expect(try await inbox.delete(id) == 204)
            #expect(try await inbox.messages(of: bob).messages.map(\.id) == [id.lowercase])
        }
    }

    @Test func `a delivery needs a service token of orders, and a list needs a user token`() async throws {
        try await ServiceUnderTest<Inbox>.run { inbox in
            let id = UUID()
            #expect(try await inbox.deliver(id, from: "catalog").status == 401)
            let path = "/accounts/\(alice.lowercase)/messages/\(id.lowercase)"
            let userToken = try inbox.token(scope: "inbox:read inbox:write")
            #expect(try await inbox.client.send(.put, path, token: userToken, json: "{}").status == 401)
            let serviceToken = try inbox.tokens.service(
                "orders", audience: "inbox", scope: "inbox:read",
                requestHash: RequestHash.of(method: "GET", path: "/messages", query: nil))
            #expect(try await inbox.client.send(.get, "/messages", token: serviceToken).status == 401)
            let otherScope = try inbox.token(scope: "inbox:write")
            #expect(try await inbox.client.send(.get, "/messages", token: otherScope).status == 403)
        }
    }

    @Test(arguments: [
        (#"{"body":"x"}"#, ["subject"]), (#"{"subject":"","body":"x"}"#, ["subject"]),
        (#"{"subject":"a\u0000b","body":"x"}"#, [""]), (#"{"subject":"x"}"#, ["body"]),
        (#"{"subject":["x"],"body":"x"}"#, ["subject"]),
        (#"{"subject":"\#(String(repeating: "x", count: 201))","body":"x"}"#, ["subject"]),
        (#"{"subject":"\#(String(repeating: "e\u{301}", count: 101))","body":"x"}"#, ["subject"]),
        (#"{"subject":"x","body":"\#(String(repeating: "x", count: 10_001))"}"#, ["body"]),
        (#"{"subject":"","body":"\#(String(repeating: "x", count: 10_001))"}"#, ["subject", "body"]),
    ])
    func `an invalid message is rejected with the names of its invalid fields`(
        json: String, fields: [String]
    ) async throws {
        try await ServiceUnderTest<Inbox>.run { inbox in
            let response = try await inbox.deliver(UUID(), json: json)
            #expect(response.status == 422)
            #expect(response.invalidFields == fields)
            #expect(try await inbox.messages().messages == [])
        }
    }

    @Test func `a message whose texts are at their limits is delivered`() async throws {
        try await ServiceUnderTest<Inbox>.run { inbox in
            let (subject, body) = (String(repeating: "é", count: 200), String(repeating: "é", count: 10_000))
            #expect(
                try await inbox.deliver(UUID(), json: #"{"subject":"\#(subject)","body":"\#(body)"}"#).status == 201)
            let message = try #require(try await inbox.messages().messages.first)
            #expect(message.subject == subject)
            #expect(message.body == body)
        }
    }

    @Test func `pages of messages follow each other, newest first, and contain every message once`() async throws {
        try await ServiceUnderTest<Inbox>.run { inbox in
            var ids: [String] = []
            for _ in 1...5 {
                inbox.clock.advance(seconds: 1)
                ids.insert(try await inbox.deliveredID().lowercase, at: 0)
            }
            var pages: [[String]] = []
            var query: String? = "?limit=2"
            while let current = query {
                let page = try await inbox.messages(current)
                pages.append(page.messages.map(\.id))
                query = page.next.map { "?limit=2&after=\($0)" }
            }
            #expect(pages == [Array(ids[0..<2]), Array(ids[2..<4]), [ids[4]]])
        }
    }

    @Test(arguments: [
        "limit=0", "limit=201", "limit=x", "limit=", "after=x", "after=%00", "limit=99999999999999999999",
    ])
    func `an invalid limit or cursor is rejected with its name`(query: String) async throws {
        try await ServiceUnderTest<Inbox>.run { inbox in
            let response = try await inbox.client.send(.get, "/messages?\(query)", token: inbox.token())
            #expect(response.status == 422)
            #expect(response.invalidFields == [String(query.prefix { $0 != "=" })])
        }
    }

    @Test(arguments: ["x", "%00", "..%2f", "0198F2B4-0000-7000-8000-000000000000", String(repeating: "a", count: 5000)])
    func `a request with an invalid message id returns 404`(id: String) async throws {
        try await ServiceUnderTest<Inbox>.run { inbox in
            let response = try await inbox.client.send(.delete, "/messages/\(id)", token: inbox.token())
            #expect(response.status == 404)
        }
    }
}
