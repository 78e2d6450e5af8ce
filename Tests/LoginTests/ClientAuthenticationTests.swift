import Database
import Foundation
import HTTPTypes
import HummingbirdTesting
import ServiceRuntime
import TestSupport
import Testing

@testable import LoginService

@Suite struct ClientAuthenticationTests {
    private static let secret = DemoClients.secret

    private static func header(_ text: String) -> HTTPFields {
        [.authorization: text, .contentType: "application/x-www-form-urlencoded"]
    }

    private static func basic(_ text: String) -> String {
        "Basic " + Data(text.utf8).base64EncodedString()
    }

    @Test(arguments: [
        basic("demo-job:\(secret)"), basic("demo%2Djob:\(secret)"), basic("demo-job:demo%2dsecret-not-for-production"),
        basic("demo-job:\(secret)").replacing("Basic", with: "basic"),
    ])
    func `a client authenticates with Basic, whether or not it encodes its id and secret`(field: String) async throws {
        try await LoginUnderTest.runDemo { login in
            let response = try await login.client.send(
                .post, "/token", headers: Self.header(field), json: "grant_type=client_credentials")
            #expect(response.status == 200)
            let same = try await login.client.send(
                .post, "/token", headers: Self.header(field), json: "grant_type=client_credentials&client_id=demo-job")
            #expect(same.status == 200)
        }
    }

    @Test func `a client authenticates with its id and secret in a form or in JSON`() async throws {
        try await LoginUnderTest.runDemo { login in
            let form = try await login.post(
                "/token",
                ["grant_type": "client_credentials", "client_id": "demo-job", "client_secret": Self.secret])
            #expect(form.status == 200)
            let json = try await login.token([
                "grant_type": "client_credentials", "client_id": "demo-job", "client_secret": Self.secret,
            ])
            #expect(json.status == 200)
        }
    }

    @Test(arguments: [
        basic("demo-job:wrong"), basic("demo-job:"), basic("demo-job"), basic("nobody:\(secret)"), basic(":\(secret)"),
        basic("DEMO-JOB:\(secret)"), basic("demo-web:\(secret)x"), basic("demo-job:%zz"), basic("demo-job:%00"),
        basic("demo-job+:\(secret)"), basic("demo-cli:\(secret)"), "Basic", "Basic ", "Basic %%%", "Basic ZGVtbw",
        basic("demo-job:" + String(repeating: "x", count: 5000)),
    ])
    func `wrong credentials in Basic get 401 and a challenge`(field: String) async throws {
        try await LoginUnderTest.runDemo { login in
            for path in ["/token", "/revoke", "/introspect"] {
                let response = try await login.client.send(
                    .post, path, headers: Self.header(field), json: "grant_type=client_credentials&token=x")
                #expect(response.status == 401 && response["error"] == "invalid_client")
                #expect(response.headers[.wwwAuthenticate]?.hasPrefix("Basic realm=\"login\"") == true)
                #expect(response.headers[.cacheControl] == "no-store")
                #expect(!response.text.contains("demo-secret"))
            }
        }
    }

    @Test(arguments: [
        ["client_id": "demo-job", "client_secret": "wrong"], ["client_id": "demo-job"], ["client_id": "nobody"],
        ["client_id": "demo-cli", "client_secret": "x"], ["client_id": String(repeating: "x", count: 5000)],
        ["client_id": "é", "client_secret": "\u{7F}"],
    ])
    func `wrong credentials in the body get 401`(fields: [String: String]) async throws {
        try await LoginUnderTest.runDemo { login in
            for path in ["/token", "/revoke", "/introspect"] {
                let body = try JSONEncoder().encode(
                    fields.merging(["grant_type": "client_credentials", "token": "x"]) { $1 })
                let response = try await login.client.send(.post, path, json: String(decoding: body, as: UTF8.self))
                #expect(response.status == 401 && response["error"] == "invalid_client")
            }
        }
    }

    @Test func `two credentials in one request are an invalid request`() async throws {
        try await LoginUnderTest.runDemo { login in
            let good = ("demo-job", Self.secret)
            for path in ["/token", "/revoke", "/introspect"] {
                for fields: KeyValuePairs in [
                    ["client_secret": Self.secret], ["client_id": "demo-web"],
                    ["client_id": "demo-job", "client_secret": Self.secret],
                ] {
                    let response = try await login.post(path, fields, basic: good)
                    #expect(response.status == 400 && response["error"] == "invalid_request")
                }
            }
            let secretAlone = try await login.post(
                "/token", ["grant_type": "client_credentials", "client_secret": Self.secret])
            #expect(secretAlone.status == 400 && secretAlone["error"] == "invalid_request")
            var headers = Self.header(Self.basic("demo-job:\(Self.secret)"))
            headers.append(HTTPField(name: .authorization, value: Self.basic("demo-job:\(Self.secret)")))
            let twice = try await login.client.send(
                .post, "/token", headers: headers, json: "grant_type=client_credentials")
            #expect(twice.status == 400 && twice["error"] == "invalid_request")
        }
    }

    @Test func `wrong secrets are slowed down like wrong passwords`() async throws {
        try await LoginUnderTest.runDemo { login in
            func attempt(_ secret: String, _ id: String = "demo-job") async throws -> ReceivedResponse {
                try await login.post("/token", ["grant_type": "client_credentials"], basic: (id, secret))
            }
            for _ in 1...LoginThrottle.freeFailuresOfPair { #expect(try await attempt("wrong").status == 401) }
            #expect(try await attempt("wrong").status == 401)
            let slowed = try await attempt(Self.secret)
            #expect(slowed.status == 429 && slowed["error"] == "temporarily_unavailable")
            #expect(slowed.headers[.retryAfter] == "1")
            login.clock.advance(seconds: 1)
            #expect(try await attempt(Self.secret).status == 200)
            // An account of the same name is another thing.
            #expect(try await login.signIn("alice", DemoData.password).status == 200)
        }
    }

    @Test func `many requests of a client at once do not count as guesses`() async throws {
        try await LoginUnderTest.runDemo { login in
            try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 1...40 {
                    group.addTask {
                        try await login.introspect("x", as: ("demo-web", Self.secret)).status
                    }
                }
                for try await status in group { #expect(status == 200) }
            }
        }
    }

    @Test func `a registered client may use only the grants that it is registered with`() async throws {
        try await LoginUnderTest.runDemo { login in
            let password: KeyValuePairs = [
                "grant_type": "password", "username": "alice", "password": DemoData.password,
            ]
            let web = try await login.post("/token", password, basic: ("demo-web", Self.secret))
            #expect(web.status == 400 && web["error"] == "unauthorized_client")
            for (id, grant) in [("demo-web", "client_credentials"), ("demo-job", "refresh_token")] {
                let response = try await login.post(
                    "/token", ["grant_type": grant, "refresh_token": "x"], basic: (id, Self.secret))
                #expect(response.status == 400 && response["error"] == "unauthorized_client")
            }
            let cli = try await login.post("/token", ["grant_type": "client_credentials", "client_id": "demo-cli"])
            #expect(cli.status == 400 && cli["error"] == "unauthorized_client")
            let nobody = try await login.post("/token", ["grant_type": "client_credentials"])
            #expect(nobody.status == 401 && nobody["error"] == "invalid_client")
            let unknown = try await login.post("/token", ["grant_type": "implicit"], basic: ("demo-web", Self.secret))
            #expect(unknown.status == 400 && unknown["error"] == "unsupported_grant_type")
        }
    }

    @Test func `the demo clients exist with the demo data only`() async throws {
        try await LoginUnderTest.run { login in
            let response = try await login.post(
                "/token", ["grant_type": "client_credentials"], basic: ("demo-job", Self.secret))
            #expect(response.status == 401)
            #expect(try await login.rows("SELECT id FROM clients").isEmpty)
        }
        try await LoginUnderTest.runDemo { login in
            let rows = try await login.rows("SELECT id, secret_hash FROM clients ORDER BY id")
            let ids: [String] = try rows.map { try $0["id"] }
            let hashes: [[UInt8]?] = try rows.map { try $0["secret_hash"] }
            #expect(ids == ["demo-cli", "demo-job", "demo-web"])
            #expect(hashes.map { $0?.count } == [nil, 32, 32])
        }
    }
}
