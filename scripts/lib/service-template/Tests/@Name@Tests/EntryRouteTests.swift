import Foundation
import HTTPTypes
import HummingbirdTesting
import JWTAuth
import ServiceRuntime
import TestSupport
import Testing

@testable import @Name@Service

@Suite struct EntryRouteTests {
    @Test(arguments: [TestingSetup.router, .live])
    func `the owner of an entry adds it, reads it and deletes it`(setup: TestingSetup) async throws {
        try await ServiceUnderTest<@Name@>.run(setup) { @name@ in
            let entry = try await @name@.added("Buy a lamp")
            #expect(entry.text == "Buy a lamp")
            #expect(entry.createdAt == @name@.clock.now.rfc3339)
            #expect(try await @name@.entries().entries == [entry])
            #expect(try await @name@.delete(entry.id) == 204)
            #expect(try await @name@.delete(entry.id) == 404)
            #expect(try await @name@.entries().entries == [])
        }
    }

    @Test func `an entry of another account can be neither read nor deleted`() async throws {
        try await ServiceUnderTest<@Name@>.run { @name@ in
            let entry = try await @name@.added("Buy a lamp")
            #expect(try await @name@.entries(of: bob).entries == [])
            #expect(try await @name@.delete(entry.id, by: bob) == 404)
            #expect(try await @name@.entries().entries == [entry])
        }
    }

    @Test func `a request without a token, with a token for another service or of a service is rejected`() async throws {
        try await ServiceUnderTest<@Name@>.run { @name@ in
            let foreign = try @name@.token(audience: "login")
            let service = try @name@.tokens.service(
                "login", audience: "@name@", scope: "",
                requestHash: RequestHash.of(method: "GET", path: "/entries", query: nil))
            for token in [nil, foreign, service] {
                #expect(try await @name@.client.send(.get, "/entries", token: token).status == 401)
            }
        }
    }

    @Test(arguments: [
        ("{}", ["text"]), (#"{"text":""}"#, ["text"]), (#"{"text":["x"]}"#, ["text"]), (#"{"text":"a\u0000b"}"#, [""]),
        (#"{"text":"\#(String(repeating: "x", count: 1001))"}"#, ["text"]),
        (#"{"text":"\#(String(repeating: "e\u{301}", count: 501))"}"#, ["text"]),
    ])
    func `an invalid entry is rejected with the names of its invalid fields`(
        json: String, fields: [String]
    ) async throws {
        try await ServiceUnderTest<@Name@>.run { @name@ in
            let response = try await @name@.add(json: json)
            #expect(response.status == 422)
            #expect(response.invalidFields == fields)
            #expect(try await @name@.entries().entries == [])
        }
    }

    @Test func `an account that has the maximum number of entries gets 409 until it deletes one`() async throws {
        try await ServiceUnderTest<@Name@>.run(environment: ["MAX_ENTRIES": "2"]) { @name@ in
            let first = try await @name@.added("1")
            _ = try await @name@.added("2")
            let rejected = try await @name@.add(json: #"{"text":"3"}"#)
            #expect(rejected.status == 409)
            #expect(rejected.code == "too_many_entries")
            #expect(try await @name@.add(json: #"{"text":"1"}"#, to: bob).status == 201)
            #expect(try await @name@.delete(first.id) == 204)
            _ = try await @name@.added("3")
        }
    }

    @Test func `pages of entries follow each other, newest first, and contain every entry once`() async throws {
        try await ServiceUnderTest<@Name@>.run { @name@ in
            var ids: [String] = []
            for number in 1...5 {
                @name@.clock.advance(seconds: 1)
                ids.insert(try await @name@.added("\(number)").id, at: 0)
            }
            var pages: [[String]] = []
            var query: String? = "?limit=2"
            while let current = query {
                let page = try await @name@.entries(current)
                pages.append(page.entries.map(\.id))
                query = page.next.map { "?limit=2&after=\($0)" }
            }
            #expect(pages == [Array(ids[0..<2]), Array(ids[2..<4]), [ids[4]]])
        }
    }

    @Test(arguments: ["limit=0", "limit=201", "limit=x", "after=x", "after=%00"])
    func `an invalid limit or cursor is rejected with its name`(query: String) async throws {
        try await ServiceUnderTest<@Name@>.run { @name@ in
            let response = try await @name@.client.send(.get, "/entries?\(query)", token: @name@.token())
            #expect(response.status == 422)
            #expect(response.invalidFields == [String(query.prefix { $0 != "=" })])
        }
    }

    @Test(arguments: ["0", "100001", "many"])
    func `an invalid maximum number of entries prevents the start`(value: String) async throws {
        await #expect(throws: ConfigurationError.self) {
            try await ServiceUnderTest<@Name@>.application(environment: ["MAX_ENTRIES": value])
        }
    }
}
