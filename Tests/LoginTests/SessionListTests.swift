import Foundation
import HTTPTypes
import HummingbirdTesting
import JWT
import JWTAuth
import ServiceRuntime
import TestSupport
import Testing

@testable import LoginService

@Suite struct SessionListTests {
    private struct Page: Decodable {
        struct Item: Decodable {
            let id, createdAt, lastUsedAt, expiresAt: String
            let current: Bool
        }
        let sessions: [Item]
        let next: String?
    }

    @Test func `the list of sessions begins with the newest and marks the current one`() async throws {
        try await LoginUnderTest.run { login in
            let old = try await login.signedUp()
            login.clock.advance(seconds: 60)
            let new = try await login.signIn("alice")
            _ = try await login.signedUp("robert")
            login.clock.advance(seconds: 60)
            _ = try await login.refresh(old.refreshToken)
            let list = try await login.client.send(.get, "/sessions", token: old.accessToken)
            let sessions = try list.decoded(as: Page.self).sessions
            #expect(sessions.map(\.id) == [try new.sessionID, try old.sessionID])
            #expect(sessions.map(\.current) == [false, true])
            let now = login.clock.now
            #expect(sessions.map(\.createdAt) == [(now - 60).rfc3339, (now - 120).rfc3339])
            #expect(sessions.map(\.lastUsedAt) == [(now - 60).rfc3339, now.rfc3339])
            #expect(sessions[0].expiresAt == (now - 60 + 14 * 86_400).rfc3339)
        }
    }

    @Test func `the list of sessions shows the program and the address of the last use`() async throws {
        try await LoginUnderTest.run(.live) { login in
            _ = try await login.signUp("alice")
            let session = try await login.client.send(
                .post, "/token", headers: [.userAgent: "curl/8"],
                json: #"{"grant_type":"password","username":"alice","password":"\#(goodPassword)"}"#)
            let next = try await login.client.send(
                .post, "/token", headers: [.userAgent: "python-requests/2"],
                json: #"{"grant_type":"refresh_token","refresh_token":"\#(session.refreshToken)"}"#)
            let list = try await login.client.send(.get, "/sessions", token: next.accessToken).text
            #expect(list.contains(#""device":"curl""#) && list.contains(#""last_device":"Python""#))
            #expect(list.contains(#""last_address":"127.0.0.1""#))
        }
    }

    @Test func `the list of sessions is divided into pages`() async throws {
        try await LoginUnderTest.run { login in
            let token = try await login.signedUp().accessToken
            for _ in 1...2 { _ = try await login.signIn("alice") }
            let first = try await login.client.send(.get, "/sessions?limit=2", token: token).decoded(as: Page.self)
            let next = try #require(first.next)
            let second = try await login.client.send(.get, "/sessions?limit=2&after=\(next)", token: token)
                .decoded(as: Page.self)
            #expect(first.sessions.count == 2 && second.sessions.count == 1 && second.next == nil)
        }
    }

    @Test(arguments: ["limit=0", "limit=201", "limit=x", "limit=", "after=x", "after=%00"])
    func `a malformed page of the list of sessions is rejected with the name of its parameter`(
        query: String
    ) async throws {
        try await LoginUnderTest.run { login in
            let token = try await login.signedUp().accessToken
            let response = try await login.client.send(.get, "/sessions?\(query)", token: token)
            #expect(response.status == 422)
            #expect(response.invalidFields == [String(query.prefix { $0 != "=" })])
        }
    }

    @Test func `a user can end only sessions of the same account`() async throws {
        try await LoginUnderTest.run { login in
            let (here, there) = (try await login.signedUp(), try await login.signIn("alice"))
            let other = try await login.signedUp("robert")
            func end(_ id: String) async throws -> Int {
                try await login.client.send(.delete, "/sessions/\(id)", token: here.accessToken).status
            }
            #expect(try await end(other.sessionID) == 404)
            #expect(try await end("x") == 404)
            #expect(try await end(there.sessionID) == 204)
            #expect(try await end(there.sessionID) == 404)
            #expect(try await login.me(there.accessToken) == 401)
            #expect(try await login.me(other.accessToken) == 200)
            #expect(try await end(here.sessionID) == 204)
            #expect(try await login.client.send(.get, "/sessions", token: here.accessToken).status == 401)
        }
    }

    @Test func `ending very many sessions revokes the account instead of each session`() async throws {
        let (stores, clock) = (try Stores(), TestClock())
        let account = try await stores.addAccount("alice")
        for _ in 0...SessionStore.maximumSingleRevocations {
            _ = try await stores.sessions.begin(account, scope: .customer, audience: ["orders"], at: clock.now)
        }
        try await stores.sessions.endAll(of: account.id, at: clock.now)
        let page = try await stores.revocations.page(after: 0, at: clock.now)
        #expect(page.entries.map(\.kind) == [.account] && page.entries[0].before == 1_780_000_001)
        #expect(
            try await stores.sessions.list(of: account.id, PageRequest(), at: clock.now).isEmpty)
    }
}
