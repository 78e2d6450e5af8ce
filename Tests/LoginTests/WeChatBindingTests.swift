import Database
import Foundation
import HTTPTypes
import HummingbirdTesting
import ServiceRuntime
import TestSupport
import Testing

@testable import LoginService

@Suite struct WeChatBindingTests {
    private func withWeChat(_ body: @Sendable (LoginUnderTest, StubWeChat) async throws -> Void) async throws {
        try await StubWeChat.run { weChat in
            try await LoginUnderTest.run(environment: weChat.environment) { try await body($0, weChat) }
        }
    }

    /// Signs in as the user whom the stub accepts.
    private func signIn(_ login: LoginUnderTest, _ parameters: [String: String] = [:]) async throws -> ReceivedResponse
    {
        try await login.token(["grant_type": "wxapp", "code": "x"].merging(parameters) { $1 })
    }

    private func registerToken(_ login: LoginUnderTest, _ weChat: StubWeChat, _ openID: String) async throws -> String {
        weChat.accept(openID: openID)
        let response = try await signIn(login)
        try #require(response["scope"] == "register")
        return try response.accessToken
    }

    private func bind(
        _ token: String?, _ login: LoginUnderTest, _ name: String = "alice", _ password: String = goodPassword
    ) async throws -> ReceivedResponse {
        try await login.client.send(
            .post, "/accounts/bind", token: token, json: #"{"username":"\#(name)","password":"\#(password)"}"#)
    }

    private func unbind(_ token: String?, _ login: LoginUnderTest) async throws -> Int {
        try await login.client.send(.delete, "/accounts/bind", token: token).status
    }

    @Test func `a user binds to a new account and signs in to it from then on`() async throws {
        try await withWeChat { login, weChat in
            let bound = try await bind(registerToken(login, weChat, "a"), login, "Alice")
            #expect(bound.status == 201 && Set(bound.json.keys) == ["account_id", "username"])
            #expect(bound["username"] == "alice")
            let response = try await signIn(login)
            #expect(response.status == 200 && response["account_id"] == bound["account_id"])
            #expect(response["scope"] == "orders:read orders:write inbox:read")
            #expect(try await login.me(response.accessToken) == 200)
            #expect(try await login.refresh(response.refreshToken).status == 200)
            #expect(try await login.signIn("alice").status == 200)
            let narrow = try await signIn(login, ["scope": "orders:read", "audience": "orders"])
            #expect(narrow["scope"] == "orders:read")
            #expect(try await signIn(login, ["scope": "catalog:write"])["error"] == "invalid_scope")
        }
    }

    @Test func `a user binds to an existing account with its password`() async throws {
        try await withWeChat { login, weChat in
            let id = try #require(try await login.signUp("alice")["account_id"])
            let token = try await registerToken(login, weChat, "a")
            let wrong = try await bind(token, login, "alice", "a wrong password")
            #expect(wrong.status == 403 && wrong.code == "wrong_password")
            #expect(wrong.headers[.wwwAuthenticate] == nil)
            let bound = try await bind(token, login)
            #expect(bound.status == 200 && bound["account_id"] == id)
            #expect(try await signIn(login)["account_id"] == id)
        }
    }

    @Test func `a narrowed token does not remove the binding of its account`() async throws {
        try await withWeChat { login, weChat in
            #expect(try await bind(registerToken(login, weChat, "a"), login).status == 201)
            let narrowed = try await signIn(login, ["scope": "inbox:read"])
            let response = try await login.client.send(.delete, "/accounts/bind", token: narrowed.accessToken)
            #expect(response.status == 403 && response.code == "insufficient_scope")
            #expect(response["scope"] == "orders:read orders:write")
            #expect(try await signIn(login).status == 200)
        }
    }

    @Test func `wrong passwords at a binding are slowed down like sign-ins`() async throws {
        try await withWeChat { login, weChat in
            _ = try await login.signUp("alice")
            let token = try await registerToken(login, weChat, "a")
            for _ in 0...LoginThrottle.freeFailuresOfPair {
                #expect(try await bind(token, login, "alice", "a wrong password").status == 403)
            }
            let throttled = try await bind(token, login)
            #expect(throttled.status == 429 && throttled.headers[.retryAfter] != nil)
            #expect(try await login.signIn("alice").status == 429)
        }
    }

    @Test func `an unacceptable new account is rejected with the names of its invalid fields`() async throws {
        try await withWeChat { login, weChat in
            let token = try await registerToken(login, weChat, "a")
            let rejected = try await bind(token, login, "x", "short")
            #expect(rejected.status == 422 && rejected.invalidFields == ["username", "password"])
            #expect(try await login.rows("SELECT id FROM accounts").isEmpty)
            #expect(try await bind(token, login).status == 201)
        }
    }

    @Test func `a register token dies with the binding`() async throws {
        try await withWeChat { login, weChat in
            let token = try await registerToken(login, weChat, "a")
            #expect(try await bind(token, login).status == 201)
            for name in ["alice", "robert"] {
                let repeated = try await bind(token, login, name)
                #expect(repeated.status == 401 && repeated.code == "invalid_token")
                #expect(repeated.headers[.wwwAuthenticate] != nil)
            }
            let access = try await signIn(login).accessToken
            #expect(try await unbind(access, login) == 204)
            #expect(try await bind(token, login).status == 401)
            #expect(try await login.rows("SELECT id FROM accounts").count == 1)
        }
    }

    @Test func `a revoked register token binds nothing, and its user signs in again`() async throws {
        try await withWeChat { login, weChat in
            let token = try await registerToken(login, weChat, "a")
            for _ in 1...2 { #expect(try await login.revoke(token).status == 200) }
            let bound = try await bind(token, login)
            #expect(bound.status == 401 && bound.code == "invalid_token")
            #expect(try await login.rows("SELECT id FROM accounts").isEmpty)
            #expect(try await login.feed(after: 0).entries.map(\.kind) == ["token"])
            #expect(try await bind(registerToken(login, weChat, "a"), login).status == 201)
        }
    }

    @Test func `the eleventh register token of a user is not revoked while ten others are`() async throws {
        try await withWeChat { login, weChat in
            for _ in 1...WeChatBindingStore.maximumRevokedTokens {
                let token = try await registerToken(login, weChat, "a")
                #expect(try await login.revoke(token).status == 200)
            }
            let token = try await registerToken(login, weChat, "a")
            let rejected = try await login.revoke(token)
            #expect(rejected.status == 503 && rejected["error"] == "temporarily_unavailable")
            #expect(rejected.headers[.retryAfter] == "60")
            let other = try await registerToken(login, weChat, "b")
            #expect(try await login.revoke(other).status == 200)
            #expect(try await bind(token, login).status == 201)
        }
    }

    @Test func `one user has one account, and one account has one user`() async throws {
        try await withWeChat { login, weChat in
            let (first, second) = (
                try await registerToken(login, weChat, "a"), try await registerToken(login, weChat, "a")
            )
            #expect(try await bind(first, login).status == 201)
            let sameUser = try await bind(second, login, "robert")
            #expect(sameUser.status == 409 && sameUser.code == "already_bound")
            let otherUser = try await registerToken(login, weChat, "b")
            let sameAccount = try await bind(otherUser, login)
            #expect(sameAccount.status == 409 && sameAccount.code == "already_bound")
            #expect(try await bind(otherUser, login, "alice", "a wrong password").status == 403)
            #expect(try await login.rows("SELECT id FROM accounts").count == 1)
            #expect(try await bind(otherUser, login, "robert").status == 201)
        }
    }

    @Test func `concurrent bindings of one user leave one account and one binding`() async throws {
        try await withWeChat { login, weChat in
            var tokens: [String] = []
            for _ in 1...4 { tokens.append(try await registerToken(login, weChat, "a")) }
            let all = tokens
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for index in 0..<8 {
                    group.addTask { try await bind(all[index / 2], login, "user\(index)").status }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.filter { $0 == 201 }.count == 1)
            #expect(Set(statuses).isSubset(of: [201, 401, 409]))
            for table in ["accounts", "wechat_bindings"] {
                #expect(try await login.rows("SELECT 1 AS one FROM \(table)").count == 1)
            }
        }
    }

    @Test func `a binding needs a register token, and its removal a token of the account`() async throws {
        try await withWeChat { login, weChat in
            let access = try await login.signedUp().accessToken
            let foreign = try await bind(access, login, "robert")
            #expect(foreign.status == 403 && foreign.code == "insufficient_scope" && foreign["scope"] == "register")
            #expect(try await bind(nil, login).status == 401)
            #expect(try await bind("x", login).status == 401)
            let forged = try login.tokens.user(UUID(), audience: "login", scope: "register")
            #expect(try await bind(forged, login).status == 401)
            let register = try await registerToken(login, weChat, "a")
            for token in [nil, register] { #expect(try await unbind(token, login) == 401) }
            login.clock.advance(seconds: 600)
            #expect(try await bind(register, login).status == 401)
        }
    }

    @Test func `the removal of a binding ends the sessions that WeChat began, and no others`() async throws {
        try await withWeChat { login, weChat in
            _ = try await bind(registerToken(login, weChat, "a"), login)
            let (first, second) = (try await signIn(login), try await signIn(login))
            let password = try await login.signIn("alice")
            #expect(try await unbind(first.accessToken, login) == 204)
            for response in [first, second] {
                #expect(try await login.me(response.accessToken) == 401)
                #expect(try await login.refresh(response.refreshToken).status == 400)
            }
            let ended = try await Set(login.feed(after: 0).entries.map(\.id))
            let ids = [try first.sessionID, try second.sessionID]
            #expect(ended.isSuperset(of: ids))
            #expect(try await login.me(password.accessToken) == 200)
            #expect(try await signIn(login)["scope"] == "register")
            #expect(try await unbind(password.accessToken, login) == 204)
        }
    }

    @Test func `the user of a disabled account cannot sign in, and that of a deleted account is unbound`() async throws
    {
        try await withWeChat { login, weChat in
            _ = try await bind(registerToken(login, weChat, "a"), login)
            let accounts = try Stores(in: login.folder).accounts
            _ = try await accounts.setDisabled(true, "alice".username, at: login.clock.now)
            #expect(try await signIn(login)["error"] == "invalid_grant")
            _ = try await accounts.setDisabled(false, "alice".username, at: login.clock.now)
            login.clock.advance(seconds: 1)
            let access = try await signIn(login).accessToken
            #expect(try await login.deleteAccount(access, password: goodPassword).status == 204)
            #expect(try await signIn(login)["scope"] == "register")
        }
    }
}
