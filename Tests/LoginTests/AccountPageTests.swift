import Database
import Foundation
import HTTPTypes
import HummingbirdTesting
import TestSupport
import Testing

@testable import LoginService

@Suite struct AccountPageTests {
    @Test(arguments: ["/account", "/session/token"])
    func `the account page shows from where a stolen cookie was used`(path: String) async throws {
        try await LoginUnderTest.run { login in
            _ = try await login.signUp("alice")
            var browser = Browser(login)
            try await browser.signIn("alice")
            var thief = browser
            thief.userAgent = "curl/8.5.0"
            _ = try await thief.send(
                path == "/account" ? .get : .post, path, headers: [.origin: "http://localhost:8080"])
            let rows = try await login.rows("SELECT last_device FROM sessions")
            let device: String = try #require(rows.first)["last_device"]
            #expect(device == "curl")
            let page = try await browser.get("/account").text
            #expect(page.contains("Firefox on Linux") && page.contains("Last used"))
        }
    }

    @Test(.enabled(if: TestEngine.selected == .sqlite, "This test reads the version of the file of the database"))
    func `loading a page again writes nothing`() async throws {
        try await LoginUnderTest.run { login in
            _ = try await login.signUp("alice")
            var browser = Browser(login)
            try await browser.signIn("alice")
            let database = try login.folder.openDatabase()
            func version() async throws -> Int {
                try await database.read { try $0.queryOne("PRAGMA data_version")?["data_version"] ?? 0 }
            }
            let before = try await version()
            for _ in 1...5 { _ = try await browser.get("/account") }
            #expect(try await version() == before)
        }
    }

    private func withAlice(_ body: @Sendable (LoginUnderTest, inout Browser) async throws -> Void)
        async throws
    {
        try await LoginUnderTest.run { login in
            for name in ["alice", "bob"] { _ = try await login.signUp(name) }
            var browser = Browser(login)
            try await browser.signIn("alice")
            _ = try await browser.get("/account")
            try await body(login, &browser)
        }
    }

    @Test func `signing out ends the session and revokes its access tokens`() async throws {
        try await withAlice { login, browser in
            let token = try await browser.token().accessToken
            #expect(try await login.client.send(.get, "/me", token: token).status == 200)
            var copy = browser
            let response = try await browser.submit("/account/sign-out")
            #expect(response.status == 303 && response.headers[.location] == "/login?notice=signed-out")
            #expect(try await browser.get("/login?notice=signed-out").text.contains("You are signed out."))
            #expect(try await !copy.isSignedIn())
            #expect(try await copy.token().status == 401)
            #expect(try await login.client.send(.get, "/me", token: token).status == 401)
        }
    }

    @Test func `the account page lists the session of a program and can end it`() async throws {
        try await withAlice { login, browser in
            let program = try await login.client.send(
                .post, "/token", headers: [.userAgent: "curl/8.5.0"],
                json: #"{"grant_type": "password", "username": "alice", "password": "\#(goodPassword)"}"#)
            let token = try program.accessToken
            let page = try await browser.get("/account").text
            #expect(page.contains("<h3>curl</h3>") && page.matches(of: /<span class="tag">/).count == 1)
            let response = try await browser.submit("/account/sessions/end", ["session": program.sessionID])
            #expect(response.headers[.location] == "/account?notice=session-ended")
            #expect(try await login.client.send(.get, "/me", token: token).status == 401)
            #expect(try await browser.isSignedIn())
        }
    }

    @Test func `ending another account's session, an unknown one or an invalid id responds with 404`() async throws {
        try await withAlice { login, browser in
            var bob = Browser(login)
            try await bob.signIn("bob")
            let rows = try await login.rows(
                "SELECT s.id FROM sessions s JOIN accounts a ON a.id = s.account_id WHERE a.username = 'bob'")
            let id: String = try #require(rows.first)["id"]
            for session in [id, UUID().uuidString.lowercased(), "", "x", "'; --"] {
                #expect(try await browser.submit("/account/sessions/end", ["session": session]).status == 404)
            }
            #expect(try await bob.isSignedIn())
        }
    }

    @Test func `ending the current session signs the browser out`() async throws {
        try await withAlice { login, browser in
            let id = try #require(
                try await browser.get("/account").text.firstMatch(of: /name="session" value="([^"]+)"/))
            let response = try await browser.submit("/account/sessions/end", ["session": String(id.1)])
            #expect(response.headers[.location] == "/login?notice=signed-out")
            #expect(try await !browser.isSignedIn())
        }
    }

    @Test func `signing out everywhere ends all sessions of this account and of no other`() async throws {
        try await withAlice { login, browser in
            var (other, bob) = (Browser(login), Browser(login))
            try await other.signIn("alice")
            try await bob.signIn("bob")
            let program = try await login.signIn("alice")
            _ = try await browser.submit("/account/sign-out-everywhere")
            #expect(try await !browser.isSignedIn())
            #expect(try await !other.isSignedIn())
            #expect(try await login.client.send(.get, "/me", token: program["access_token"]).status == 401)
            #expect(try await bob.isSignedIn())
        }
    }

    @Test func `changing the password needs the current one and ends all sessions`() async throws {
        try await withAlice { login, browser in
            let wrong = try await browser.submit(
                "/account/password", ["current_password": "a wrong password", "new_password": "quite another one"])
            #expect(wrong.status == 403 && wrong.text.contains(#"id="current_password-error">The password is wrong."#))
            let weak = try await browser.submit(
                "/account/password", ["current_password": goodPassword, "new_password": "password"])
            #expect(weak.status == 422 && weak.text.contains(#"id="new_password-error""#))
            let changed = try await browser.submit(
                "/account/password", ["current_password": goodPassword, "new_password": "quite another one"])
            #expect(changed.headers[.location] == "/login?notice=password-changed")
            #expect(try await !browser.isSignedIn())
            #expect(try await browser.signIn("alice").status == 422)
            #expect(try await browser.signIn("alice", "quite another one").status == 303)
        }
    }

    @Test func `deleting the account needs its password`() async throws {
        try await withAlice { login, browser in
            #expect(try await browser.submit("/account/delete", ["password": "a wrong password"]).status == 403)
            #expect(try await browser.submit("/account/delete", [:]).status == 403)
            #expect(try await login.rows("SELECT id FROM accounts").count == 2)
            let deleted = try await browser.submit("/account/delete", ["password": goodPassword])
            #expect(deleted.headers[.location] == "/login?notice=account-deleted")
            #expect(try await login.rows("SELECT username FROM accounts WHERE username = 'alice'").isEmpty)
            #expect(try await login.rows("SELECT hash FROM browser_keys").isEmpty)
        }
    }

    @Test func `a logout everywhere through the API ends the session of a browser`() async throws {
        try await withAlice { login, browser in
            let token = try await login.signIn("alice")["access_token"]
            #expect(try await login.client.send(.post, "/logout?everywhere=true", token: token).status == 204)
            #expect(try await !browser.isSignedIn())
        }
    }

    @Test func `the account page lists at most 50 sessions and links to the rest`() async throws {
        try await withAlice { login, browser in
            for _ in 1...60 {
                login.clock.advance(seconds: 1)
                _ = try await login.signIn("alice")
            }
            let first = try await browser.get("/account").text
            #expect(first.matches(of: /name="session"/).count == 50)
            let next = try #require(first.firstMatch(of: /href="(\/account\?after=[^"]+)"/))
            #expect(try await browser.get(String(next.1)).text.matches(of: /name="session"/).count == 11)
            #expect(try await browser.get("/account?after='").status == 200)
        }
    }

    @Test func `the well-known URL for changing a password redirects to the page`() async throws {
        try await LoginUnderTest.run { login in
            let response = try await login.client.send(.get, "/.well-known/change-password")
            #expect(response.status == 303 && response.headers[.location] == "/account/password")
        }
    }

    @Test(arguments: [
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0 Safari/537.36 Edg/141.0",
            "Edge on Windows"
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Safari/604.1",
            "Safari on iPhone"
        ),
        (
            "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0 Mobile Safari/537.36",
            "Chrome on Android"
        ),
        ("curl/8.5.0", "curl"), ("python-requests/2.32", "Python"), ("<script>", "Unknown program"),
        ("", "Unknown program"),
        (nil, "Unknown program"),
    ])
    func `a session is named after its browser and operating system`(userAgent: String?, device: String) {
        #expect(ClientInfo(userAgent: userAgent, address: nil).device == device)
    }
}
