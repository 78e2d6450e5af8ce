import Foundation
import HTTPTypes
import HummingbirdTesting
import JWTAuth
import ServiceRuntime
import TestSupport
import Testing

@testable import InboxService

/// The account that gets the messages of most tests.
let alice = UUID()
/// Another account.
let bob = UUID()

/// A message as its owner receives it.
struct ReceivedMessage: Decodable, Equatable {
    let id, subject, body, createdAt: String
    let read: Bool
}

/// The body of `GET /messages`.
struct ReceivedMessages: Decodable {
    let messages: [ReceivedMessage]
    let next: String?
}

extension ServiceUnderTest<Inbox> {
    func token(_ account: UUID = alice, scope: String = "inbox:read") throws -> String {
        try tokens.user(account, audience: "inbox", scope: scope)
    }

    /// Delivers a message, as orders does.
    func deliver(
        _ id: UUID, to account: UUID = alice, from service: String = "orders",
        json: String = #"{"subject":"Hello","body":"World"}"#
    ) async throws -> ReceivedResponse {
        let path = "/accounts/\(account.lowercase)/messages/\(id.lowercase)"
        let token = try tokens.service(
            service, audience: "inbox", scope: "inbox:write",
            requestHash: RequestHash.of(method: "PUT", path: path, query: nil))
        return try await client.send(.put, path, token: token, json: json)
    }

    /// Delivers a message and returns its id.
    func deliveredID() async throws -> UUID {
        let id = UUID.version7(at: clock.now)
        try #require(try await deliver(id).status == 201)
        return id
    }

    /// The messages that `GET /messages` lists.
    func messages(_ query: String = "", of account: UUID = alice) async throws -> ReceivedMessages {
        try await client.send(.get, "/messages\(query)", token: token(account)).decoded()
    }

    func markRead(_ id: UUID, by account: UUID = alice) async throws -> Int {
        try await client.send(.post, "/messages/\(id.lowercase)/read", token: token(account)).status
    }

    func delete(_ id: UUID, by account: UUID = alice) async throws -> Int {
        try await client.send(.delete, "/messages/\(id.lowercase)", token: token(account)).status
    }
}
