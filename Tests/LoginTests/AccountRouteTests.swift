import Foundation
import HTTPTypes
import HummingbirdTesting
import JWT
import JWTAuth
import ServiceRuntime
import TestSupport
import Testing

@testable import LoginService

private let newPassword = "a quite different password"

extension ServiceUnderTest {
    fileprivate func changePassword(_ token: String, from current: String, to new: String) async throws
        -> ReceivedResponse
    {
        try await client.send(
            .post, "/password", token: token,
            json: "{\"current_password\":\"\(current)\",\"new_password\":\"\(new)\"}")
    }

    fileprivate func delete(_ token: String, password: String) async throws -> ReceivedResponse {
        try await client.send(.delete, "/me", token: token, json: "{\"password\":\"\(password)\"}")
    }
}

@Suite struct PasswordChangeTests {
    @Test func `a new password ends all sessions, and only the new one lets in`() async throws {
        try await LoginUnderTest.run { login in
            let (here, there) = (try await login.signedUp(), try await login.signIn("alice"))
            let changed = try await login.changePassword(here.accessToken, from: goodPassword, to: newPassword)
            #expect(changed.status == 204)
            for response in [here, there] {
                #expect(try await login.me(response.accessToken) == 401)
                #expect(try await login.refresh(response.refreshToken).status == 400)
            }
            #expect(
                try await Set(login.feed(after: 0).entries.map(\.id)) == [here.sessionID, there.sessionID])
            #expect(try await login.signIn("alice").status == 400)
            #expect(try await login.me(login.signIn("alice", newPassword).accessToken) == 200)
        }
    }

    @Test func `a wrong password changes nothing, and guessing is put off as at the sign-in`() async throws {
        try await LoginUnderTest.run { login in
            let token = try await login.signedUp().accessToken
            for _ in 0...LoginThrottle.freeFailuresOfPair {
                let refused = try await login.changePassword(token, from: "a wrong password", to: newPassword)
                #expect(refused.status == 403 && refused.code == "wrong_password")
            }
            let late = try await login.changePassword(token, from: goodPassword, to: newPassword)
            #expect(late.status == 429 && late.headers[.retryAfter] != nil)
            #expect(try await login.delete(token, password: goodPassword).status == 429)
            login.clock.advance(seconds: 60)
            #expect(try await login.me(token) == 200)
            #expect(try await login.changePassword(token, from: goodPassword, to: newPassword).status == 204)
        }
    }

    @Test(arguments: ["short", "alice", "password", "", "with\\u0007bell and more"])
    func `a new password that nobody may have names its field`(password: String) async throws {
        try await LoginUnderTest.run { login in
            let token = try await login.signedUp().accessToken
            let refused = try await login.changePassword(token, from: goodPassword, to: password)
            #expect(refused.status == 422 && refused.text.contains("new_password"))
            #expect(try await login.me(token) == 200)
        }
    }
}

@Suite struct AccountDeletionTests {
    @Test func `an account goes with everything that it had, and its name is free`() async throws {
        try await LoginUnderTest.run { login in
            let id = try present(try await login.signUp("alice")["account_id"])
            let response = try await login.signIn("alice")
            _ = try await login.refresh(response.refreshToken)
            let other = try await login.signedUp("robert")
            #expect(try await login.delete(response.accessToken, password: "a wrong password").status == 403)
            #expect(try await login.me(response.accessToken) == 200)
            #expect(try await login.delete(response.accessToken, password: goodPassword).status == 204)
            #expect(try await login.me(response.accessToken) == 401)
            #expect(try await login.refresh(response.refreshToken).status == 400)
            #expect(try await login.introspect(response.accessToken).text == "{\"active\":false}")
            let entry = Feed.Entry(kind: "account", id: id, before: 1_780_000_001, exp: 1_780_000_900)
            #expect(try await login.feed(after: 0).entries == [entry])
            for table in ["accounts", "sessions", "refresh_tokens"] {
                #expect(try await login.rows("SELECT 1 AS one FROM \(table)").count == 1)
            }
            #expect(try await login.me(other.accessToken) == 200)
            let again = try await login.signUp("alice")
            #expect(again.status == 201 && again["account_id"] != id)
            #expect(try await login.me(response.accessToken) == 401)
        }
    }

    @Test func `without a session and a password nothing is deleted`() async throws {
        try await LoginUnderTest.run { login in
            let token = try await login.signedUp().accessToken
            #expect(try await login.client.send(.delete, "/me", token: token, json: "{}").status == 422)
            _ = try await login.client.send(.post, "/logout", token: token)
            #expect(try await login.delete(token, password: goodPassword).status == 401)
            #expect(try await login.signIn("alice").status == 200)
        }
    }
}

@Suite struct SessionListTests {
    private func sessions(_ response: ReceivedResponse) throws -> [[String: Any]] {
        try present(response.json["sessions"] as? [[String: Any]])
    }

    @Test func `I see my sessions, the newest first, and which one is this`() async throws {
        try await LoginUnderTest.run { login in
            let old = try await login.signedUp()
            login.clock.advance(seconds: 60)
            let new = try await login.signIn("alice")
            _ = try await login.signedUp("robert")
            login.clock.advance(seconds: 60)
            _ = try await login.refresh(old.refreshToken)
            let list = try sessions(try await login.client.send(.get, "/sessions", token: old.accessToken))
            #expect(list.map { $0["id"] as? String } == [try new.sessionID, try old.sessionID])
            #expect(list.map { $0["current"] as? Bool } == [false, true])
            let now = login.clock.now
            #expect(list.map { $0["created_at"] as? String } == [(now - 60).rfc3339, (now - 120).rfc3339])
            #expect(list.map { $0["last_used_at"] as? String } == [(now - 60).rfc3339, now.rfc3339])
            #expect(list[0]["expires_at"] as? String == (now - 60 + 14 * 86_400).rfc3339)
        }
    }

    @Test func `the list comes in pages`() async throws {
        try await LoginUnderTest.run { login in
            let token = try await login.signedUp().accessToken
            for _ in 1...2 { _ = try await login.signIn("alice") }
            let first = try await login.client.send(.get, "/sessions?limit=2", token: token)
            let second = try await login.client.send(
                .get, "/sessions?limit=2&after=\(present(first["next"]))", token: token)
            #expect(try sessions(first).count == 2 && sessions(second).count == 1 && second["next"] == nil)
        }
    }

    @Test func `I can end my own sessions and nobody else's`() async throws {
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

    @Test func `an account with very many sessions is revoked as a whole`() async throws {
        let (stores, clock) = (try Stores(), TestClock())
        let account = try await stores.addAccount("alice")
        for _ in 0...SessionStore.maxRevokedSingly {
            _ = try await stores.sessions.begin(account, scope: .customer, audience: ["orders"], at: clock.now)
        }
        try await stores.sessions.endAll(of: account.id, at: clock.now)
        let page = try await RevocationLog(database: stores.database).page(after: 0, at: clock.now)
        #expect(page.entries.map(\.kind) == [.account] && page.entries[0].before == 1_780_000_001)
        #expect(
            try await stores.sessions.list(of: account.id, PageRequest(), at: clock.now).isEmpty)
    }
}
