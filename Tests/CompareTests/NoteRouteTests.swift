import Foundation
import HTTPTypes
import HummingbirdTesting
import ServiceRuntime
import TestSupport
import Testing

@testable import CompareService

@Suite struct NoteRouteTests {
    @Test func `a list of notes has the members of its description and no others`() async throws {
        try await ServiceUnderTest<Compare>.run { compare in
            let added = try await compare.add("Hello", .jwt)
            #expect(Set(added.json.keys) == ["id", "text", "created_at"])
            let note: NSDictionary = [
                "id": try #require(added["id"]), "text": "Hello", "created_at": compare.clock.now.rfc3339,
            ]
            #expect(try await compare.list(.jwt).json as NSDictionary == ["notes": [note]])
        }
    }

    @Test func `an account sees only its own notes`() async throws {
        try await ServiceUnderTest<Compare>.run { compare in
            #expect(try await compare.add("mine", .jwt).status == 201)
            let other = try compare.headers(.jwt, account: UUID().uuidString.lowercased())
            #expect(try await compare.list(.jwt, other).texts == [])
        }
    }

    @Test func `pages of notes follow each other, newest first, and contain every note once`() async throws {
        try await ServiceUnderTest<Compare>.run { compare in
            for number in 1...5 {
                compare.clock.advance(seconds: 1)
                _ = try await compare.add("\(number)", .jwt)
            }
            var pages: [[String]] = []
            var query: String? = "?limit=2"
            while let current = query {
                let page = try await compare.client.send(
                    .get, "/jwt/notes\(current)", headers: compare.headers(.jwt))
                pages.append(page.texts)
                query = page["next"].map { "?limit=2&after=\($0)" }
            }
            #expect(pages == [["5", "4"], ["3", "2"], ["1"]])
        }
    }

    @Test(arguments: [
        ("application/json", #"{}"#, 422), ("application/json", #"{"text":""}"#, 422),
        ("application/json", #"{"text":7}"#, 422), ("application/json", #"{"text":"a\u0000b"}"#, 422),
        ("application/json", #"{"text":"\#(String(repeating: "x", count: 1001))"}"#, 422),
        ("application/json", "x", 400), ("text/plain", #"{"text":"x"}"#, 415),
        ("application/x-www-form-urlencoded", "", 422), ("application/x-www-form-urlencoded", "text=", 422),
        ("application/x-www-form-urlencoded", "text=%", 400), ("application/x-www-form-urlencoded", "text=%00", 400),
        ("application/x-www-form-urlencoded", "text=a&text=b", 400),
    ])
    func `an invalid note is rejected and not stored`(type: String, body: String, status: Int) async throws {
        try await ServiceUnderTest<Compare>.run { compare in
            var headers = try compare.headers(.jwt)
            headers[.contentType] = type
            let response = try await compare.client.send(.post, "/jwt/notes", headers: headers, json: body)
            #expect(response.status == status && response.callsOfLogin == 0)
            #expect(try await compare.list(.jwt).texts == [])
        }
    }

    @Test(arguments: ["limit=0", "limit=201", "after=x"])
    func `an invalid limit or cursor is rejected with its name`(query: String) async throws {
        try await ServiceUnderTest<Compare>.run { compare in
            let response = try await compare.client.send(.get, "/jwt/notes?\(query)", headers: compare.headers(.jwt))
            #expect(response.status == 422 && response.invalidFields == [String(query.prefix { $0 != "=" })])
        }
    }

    @Test(arguments: ["CSRF_DEFENCE", "ALLOW_BASIC", "LOGIN_URL"])
    func `the error names the invalid variable`(variable: String) async throws {
        let error = await #expect(throws: ConfigurationError.self) {
            try await ServiceUnderTest<Compare>.application(environment: [variable: "maybe"])
        }
        #expect(Set(error?.invalidVariables.map(\.name) ?? []) == [variable])
    }
}
