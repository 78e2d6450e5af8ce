import Foundation
import HTTPTypes
import HummingbirdTesting
import ServiceRuntime
import TestSupport
import Testing

@testable import LoginService

@Suite struct ClientCredentialsTests {
    private static let job = (id: "demo-job", secret: DemoClients.secret)

    @Test func `a client gets a token for itself, without a session, an account and a refresh token`() async throws {
        try await LoginUnderTest.runDemo { login in
            let response = try await login.post("/token", ["grant_type": "client_credentials"], basic: Self.job)
            #expect(response.status == 200 && response.headers[.cacheControl] == "no-store")
            #expect(Set(response.json.keys) == ["access_token", "token_type", "expires_in", "scope"])
            #expect(response["scope"] == "orders:read:all" && response.expiresIn == 600)
            let claims = try payload(of: response.accessToken)
            #expect(claims["sub"] as? String == "demo-job" && claims["client_id"] as? String == "demo-job")
            #expect(claims["aud"] as? String == "orders" && claims["scope"] as? String == "orders:read:all")
            #expect(claims["sid"] == nil && claims["username"] == nil)
            #expect(try response.accessToken.utf8.count < 1024)
        }
    }

    @Test func `a client may ask for less than it is registered with, and not for more`() async throws {
        try await LoginUnderTest.runDemo { login in
            func ask(_ name: String, _ value: String) async throws -> ReceivedResponse {
                try await login.post("/token", ["grant_type": "client_credentials", name: value], basic: Self.job)
            }
            let registered = try await ask("scope", "orders:read:all")
            #expect(registered.status == 200)
            for scope in ["orders:read", "orders:read:all orders:read", " ", "x\""] {
                let response = try await ask("scope", scope)
                #expect(response["error"] == "invalid_scope")
            }
            let named = try await ask("audience", "orders")
            #expect(named.status == 200)
            let addressed = try await ask("resource", "http://localhost:8082")
            #expect(addressed.status == 200)
            for audience in ["inbox", "orders inbox", "bank", " "] {
                let response = try await ask("audience", audience)
                #expect(response["error"] == "invalid_target")
            }
            for resource in ["http://localhost:8083", "http://localhost:8082/", "orders", "HTTP://localhost:8082"] {
                let response = try await ask("resource", resource)
                #expect(response["error"] == "invalid_target")
            }
        }
    }

    @Test func `SERVICE_URLS names the addresses of the services`() async throws {
        let environment = ["SERVICE_URLS": "orders=https://orders.example, inbox=https://inbox.example"]
        try await LoginUnderTest.runDemo(environment: environment) { login in
            let response = try await login.post(
                "/token", ["grant_type": "client_credentials", "resource": "https://orders.example"], basic: Self.job)
            #expect(try payload(of: response.accessToken)["aud"] as? String == "orders")
            let unknown = try await login.post(
                "/token", ["grant_type": "client_credentials", "resource": "http://localhost:8082"], basic: Self.job)
            #expect(unknown["error"] == "invalid_target")
        }
    }

    @Test func `a token of a client is no token of an account`() async throws {
        try await LoginUnderTest.runDemo { login in
            let token = try login.tokens.client("demo-job", audience: "login", scope: "orders:read")
            for (method, path, code) in [
                (HTTPRequest.Method.get, "/me", "account_required"), (.get, "/sessions", "first_party_only"),
                (.post, "/logout", "first_party_only"), (.post, "/password", "first_party_only"),
                (.delete, "/me", "first_party_only"), (.delete, "/sessions/x", "first_party_only"),
                (.get, "/api-tokens", "first_party_only"), (.post, "/api-tokens", "first_party_only"),
            ] {
                let response = try await login.client.send(method, path, token: token)
                #expect(response.status == 403 && response.code == code, "\(method) \(path)")
                #expect(response.headers[.wwwAuthenticate] == nil)
            }
        }
    }

    @Test func `a client revokes its own tokens, and the next one after ten revokes all`() async throws {
        try await LoginUnderTest.runDemo { login in
            let others = try await login.jobToken()
            for count in 1...ClientStore.maximumRevokedTokens {
                let token = try await login.jobToken()
                #expect(try await login.post("/revoke", ["token": token], basic: Self.job).status == 200)
                let entry = try #require(try await login.feed(after: 0).entries.last)
                let id = try payload(of: token)["jti"] as? String
                #expect(entry.kind == "token" && entry.id == id)
                #expect(try await login.feed(after: 0).entries.count == count)
                #expect(try await login.introspect(token, as: Self.job).json["active"] as? Bool == false)
            }
            #expect(try await login.introspect(others, as: Self.job).json["active"] as? Bool == true)
            #expect(
                try await login.post("/revoke", ["token": try await login.jobToken()], basic: Self.job).status == 200)
            let last = try #require(try await login.feed(after: 0).entries.last)
            let now = Int64(login.clock.now.timeIntervalSince1970)
            #expect(last.kind == "client" && last.id == "demo-job" && last.before == now + 1 && last.exp == now + 900)
            #expect(try await login.introspect(others, as: Self.job).text == #"{"active":false}"#)
            login.clock.advance(seconds: 1)
            let later = try await login.jobToken()
            #expect(try await login.introspect(later, as: Self.job).json["active"] as? Bool == true)
        }
    }

    @Test func `the tokens of a removed client are revoked and inactive`() async throws {
        try await LoginUnderTest.runDemo { login in
            let token = try await login.jobToken()
            #expect(try await login.introspect(token, by: "orders").json["active"] as? Bool == true)
            let stores = try Stores(in: login.folder)
            let clients = ClientStore(database: stores.database, sessions: stores.sessions)
            #expect(try await clients.remove("demo-job", at: login.clock.now))
            #expect(try await !clients.remove("demo-job", at: login.clock.now))
            let entries = try await login.feed(after: 0).entries
            #expect(entries.map(\.kind) == ["client"] && entries.map(\.id) == ["demo-job"])
            #expect(try await login.introspect(token, by: "orders").text == #"{"active":false}"#)
            let response = try await login.post("/token", ["grant_type": "client_credentials"], basic: Self.job)
            #expect(response.status == 401 && response["error"] == "invalid_client")
        }
    }

    @Test func `a client learns nothing about tokens that were not issued to it`() async throws {
        try await LoginUnderTest.runDemo { login in
            let (job, web) = (try await login.jobToken(), (id: "demo-web", secret: DemoClients.secret))
            let alice = try await login.signIn("alice", DemoData.password)
            let own = try await login.introspect(job, as: Self.job)
            #expect(own["client_id"] == "demo-job" && own["sub"] == "demo-job" && own.json["sid"] == nil)
            for token in [job, try alice.accessToken, try alice.refreshToken, "x"] {
                #expect(try await login.introspect(token, as: web).text == #"{"active":false}"#)
                #expect(try await login.post("/revoke", ["token": token], basic: web).status == 200)
            }
            let anonymous = try await login.post("/revoke", ["token": job])
            #expect(anonymous.status == 200)
            #expect(try await login.feed(after: 0).entries.isEmpty)
            #expect(try await login.introspect(job, as: Self.job).json["active"] as? Bool == true)
            #expect(try await login.refresh(alice.refreshToken).status == 200)
            let cli = try await login.post("/introspect", ["token": job, "client_id": "demo-cli"])
            #expect(cli.status == 401 && cli["error"] == "invalid_client")
        }
    }
}
