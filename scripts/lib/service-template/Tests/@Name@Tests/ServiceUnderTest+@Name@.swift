import Foundation
import HTTPTypes
import HummingbirdTesting
import JWTAuth
import ServiceRuntime
import TestSupport
import Testing

@testable import @Name@Service

/// The account that has the entries of most tests.
let alice = UUID()
/// Another account.
let bob = UUID()

/// An entry as its owner receives it.
struct ReceivedEntry: Decodable, Equatable {
    let id, text, createdAt: String
}

/// The body of `GET /entries`.
struct ReceivedEntries: Decodable {
    let entries: [ReceivedEntry]
    let next: String?
}

extension ServiceUnderTest<@Name@> {
    func token(_ account: UUID = alice, audience: String = "@name@") throws -> String {
        try tokens.user(account, audience: audience, scope: "")
    }

    /// Adds an entry with this JSON body.
    func add(json: String, to account: UUID = alice) async throws -> ReceivedResponse {
        try await client.send(.post, "/entries", token: token(account), json: json)
    }

    /// Adds an entry and returns it.
    func added(_ text: String) async throws -> ReceivedEntry {
        let response = try await add(json: #"{"text":"\#(text)"}"#)
        try #require(response.status == 201)
        return try response.decoded()
    }

    /// The entries that `GET /entries` lists.
    func entries(_ query: String = "", of account: UUID = alice) async throws -> ReceivedEntries {
        try await client.send(.get, "/entries\(query)", token: token(account)).decoded()
    }

    func delete(_ id: String, by account: UUID = alice) async throws -> Int {
        try await client.send(.delete, "/entries/\(id)", token: token(account)).status
    }
}
