import Foundation
import HTTPTypes
import HummingbirdTesting
import ServiceRuntime
import TestSupport
import Testing

@testable import CompareService

@Suite struct DefenceTests {
    private static let form: HTTPFields = [
        .contentType: "application/x-www-form-urlencoded", .cookie: "hallpass=\(StubLogin.cookie)",
        .origin: "http://localhost:9999",
    ]

    private func forge(_ compare: ServiceUnderTest<Compare>) async throws -> ReceivedResponse {
        try await compare.client.send(.post, "/session/notes", headers: Self.form, json: "text=forged+note%21")
    }

    @Test func `a forged form adds a note when the CSRF defence is off`() async throws {
        try await withCompare(environment: ["CSRF_DEFENCE": "off"]) { compare, _ in
            let response = try await forge(compare)
            #expect(response.status == 201)
            #expect(try await compare.list(.session).texts == ["forged note!"])
        }
    }

    @Test func `a forged form is rejected by the CSRF defence without a call of login`() async throws {
        try await withCompare { compare, login in
            let response = try await forge(compare)
            #expect(response.status == 403 && response.code == "foreign_origin" && response.callsOfLogin == 0)
            #expect(login.calls.isEmpty)
            #expect(try await compare.list(.session).texts == [])
        }
    }

    @Test(arguments: [
        nil, "null", "http://localhost:8084", "http://localhost:8080.evil.example", "", "HTTP://LOCALHOST:8080",
    ])
    func `an unsafe method with a cookie needs an origin that the service allows`(origin: String?) async throws {
        try await withCompare { compare, _ in
            var headers = try compare.headers(.session)
            headers[.origin] = origin
            #expect(try await compare.add("x", .session, headers).code == "foreign_origin")
            #expect(try await compare.list(.session, headers).status == 200)
        }
    }

    @Test func `pages of allowed origins may send the cookie, and caches know that it identifies the caller`()
        async throws
    {
        try await withCompare { compare, _ in
            let response = try await compare.list(.session)
            #expect(response.headers[.accessControlAllowCredentials] == "true")
            #expect(response.headers[values: .vary].joined(separator: ", ").contains("Cookie"))
            let other = try await compare.list(.token, [.origin: "http://localhost:8080"])
            #expect(other.headers[.accessControlAllowCredentials] == nil)
        }
    }

    @Test func `a password is not accepted from a peer on another machine, unless a proxy ends TLS`() async throws {
        // Without a socket there is no peer, and a peer that is not known is not on this machine.
        for (environment, status) in [([:], 403), (["ALLOW_BASIC": "on"], 401)] as [([String: String], Int)] {
            try await ServiceUnderTest<Compare>.run(environment: environment) { compare in
                let response = try await compare.list(.basic, [:])
                #expect(response.status == status && response.callsOfLogin == 0)
                if status == 403 { #expect(response.code == "insecure_transport") }
            }
        }
    }

    @Test func `the cookie has the prefix of encrypted connections where login has such an address`() async throws {
        try await withCompare(environment: ["JWT_ISSUER": "https://login.example"]) { compare, _ in
            for (name, status) in [("hallpass", 401), ("__Host-hallpass", 200)] {
                let response = try await compare.list(.session, [.cookie: "\(name)=\(StubLogin.cookie)"])
                #expect(response.status == status)
            }
        }
    }
}
