import Database
import Foundation
import ServiceRuntime
import TestSupport
import Testing

@testable import LoginService

@Suite struct StatementWorkTests {
    private let now = TestClock().now

    @Test func `the work of a statement does not grow with the rows of other accounts`() async throws {
        let growing = try await StatementWork.growing { others in
            // In memory, one connection prepares all statements.
            let database = try SQLDatabase.open(.inMemory, migrations: Schema.migrations)
            let log = RevocationLog(database: database)
            let sessions = SessionStore(
                database: database, revocations: log,
                lifetimes: SessionLifetimes(sessionSeconds: 1000, accessTokenSeconds: 600))
            let accounts = AccountStore(database: database, sessions: sessions)
            for other in 1...others {
                try await useAll(accounts, sessions, name: "other\(other)")
                let account = try await add("more\(other)", to: accounts)
                _ = try await sessions.begin(account, scope: account.scope, audience: ["login"], at: now)
            }
            try await useAll(accounts, sessions, name: "alice")
            _ = try await log.page(after: Int64(log.head().seq) - 1, at: now)
            return database
        }
        #expect(growing == [])
    }

    @Test func `the work of a renewal does not grow with the earlier renewals of its session`() async throws {
        let growing = try await StatementWork.growing { renewals in
            let database = try SQLDatabase.open(.inMemory, migrations: Schema.migrations)
            let sessions = SessionStore(
                database: database, revocations: RevocationLog(database: database),
                lifetimes: SessionLifetimes(sessionSeconds: 1_000_000, accessTokenSeconds: 600))
            let account = try await add("alice", to: AccountStore(database: database, sessions: sessions))
            var (_, token) = try #require(
                try await sessions.begin(account, scope: account.scope, audience: ["login"], at: now))
            for renewal in 1...renewals {
                let result = try await sessions.renew(token, at: now + Double(600 * renewal))
                guard case .renewed(_, _, let next) = result else { throw RejectedRenewal() }
                token = next
            }
            return database
        }
        // The removal of the oldest tokens counts the entries of an index, at most `maximumFamilyTokens`.
        #expect(growing.filter { !$0.hasPrefix("DELETE FROM refresh_tokens") } == [])
    }

    private struct RejectedRenewal: Error {}

    /// Does everything that a user can do with an account, and then deletes it.
    private func useAll(_ accounts: AccountStore, _ sessions: SessionStore, name: String) async throws {
        let username = try name.username
        let account = try await add(name, to: accounts)
        _ = try await accounts.exists(username)
        _ = try await accounts.find(username)
        _ = try await accounts.credentials(of: username)
        _ = try await accounts.grant(.staff, to: username)
        _ = try await accounts.revoke(.staff, from: username)
        let (first, token) = try #require(
            try await sessions.begin(account, scope: account.scope, audience: ["login"], at: now))
        _ = try await sessions.find(first.id, token: "jti", at: now)
        for _ in 1...2 { _ = try await sessions.renew(token, at: now) }
        try await sessions.revoke(token: "jti of \(name)", session: first.id, at: now)
        try await sessions.end(first.id, at: now)
        let (_, key) = try #require(
            try await sessions.beginInBrowser(
                account, audience: ["login"], from: .unknown, former: SessionCookie(), at: now))
        _ = try await sessions.find(key, at: now + 120)
        _ = try await sessions.renew(key, at: now)
        _ = try await sessions.list(of: account.id, PageRequest(), at: now)
        try await useAPITokens(of: account, sessions)
        try await useClient(of: account, sessions)
        try await sessions.endAll(of: account.id, at: now)
        try await useWeChat(of: account, accounts)
        _ = try await accounts.setDisabled(true, username, at: now)
        try await accounts.delete(account.id, at: now)
    }

    private func useAPITokens(of account: Account, _ sessions: SessionStore) async throws {
        let apiTokens = APITokenStore(database: sessions.database, sessions: sessions)
        let (session, _) = try #require(
            try await sessions.begin(account, scope: account.scope, audience: ["login"], at: now))
        for _ in 1...2 {
            _ = try await apiTokens.create("x", scope: .customer, lifetimeSeconds: 60, in: session, at: now)
        }
        _ = try await apiTokens.find(APITokenSecret(), at: now)
        let tokens = try await apiTokens.list(of: account.id, at: now)
        #expect(try await apiTokens.delete(tokens[0].id, of: account.id))
        let result = try await apiTokens.create("x", scope: .customer, lifetimeSeconds: nil, in: session, at: now)
        if case .created(_, let secret) = result { try await apiTokens.delete(secret) }
        try await sessions.database.write { try APITokenStore.deleteAll(of: account.id, in: $0) }
    }

    /// Registers a client, allows it twice, redeems a code, and takes everything back.
    private func useClient(of account: Account, _ sessions: SessionStore) async throws {
        let clients = ClientStore(database: sessions.database, sessions: sessions)
        let consents = ConsentStore(codes: CodeStore(database: sessions.database, sessions: sessions))
        let (session, _) = try #require(
            try await sessions.begin(account, scope: account.scope, audience: ["login"], at: now))
        let uri = try #require(RedirectURI("https://app.example/"))
        let client = Client(
            id: "of \(account.username)", name: try #require(ClientName("App")), secretHash: [],
            grantTypes: Client.GrantType.allCases, scope: .customer, audience: ["login"], redirectURIs: [uri])
        #expect(try await clients.add(client, at: now))
        _ = try await clients.find(client.id)
        let parameters = AuthorizationParameters(
            query: "response_type=code&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
                + "&code_challenge_method=S256")
        let request = try AuthorizationRequest(
            parameters, for: AuthorizationTarget(client: client, redirectURI: uri, state: nil, issuer: "i"),
            services: ServiceDirectory(names: ["login"], addresses: [:]))
        _ = try await consents.allow(request, scope: .customer, by: session, at: now)
        let code = try #require(
            await consents.issueCode(for: request, scope: .customer, by: session, at: now))
        #expect(try await consents.covers(request, scope: .customer, of: account.id))
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
        for verifier in ["x", verifier, verifier] {
            _ = try await consents.codes.redeem(
                .init(code: code, verifier: verifier, redirectURI: uri.text, client: client, address: "unknown"),
                at: now
            ) { RenewedAccess(scope: $0.scope, audience: $0.audience) }
        }
        let other = try #require(
            await consents.issueCode(for: request, scope: .customer, by: session, at: now))
        _ = try await consents.codes.redeem(
            .init(code: other, verifier: verifier, redirectURI: uri.text, client: client, address: "unknown"), at: now
        ) { RenewedAccess(scope: $0.scope, audience: $0.audience) }
        _ = try await consents.apps(of: account.id)
        #expect(try await consents.remove(client: client.id, of: account.id, at: now))
        #expect(try await clients.replaceSecret(of: client.id, with: ClientSecret()))
        try await useTokens(of: client.id, clients)
        #expect(try await clients.remove(client.id, at: now))
    }

    /// Revokes more tokens of a client than have entries each.
    private func useTokens(of client: String, _ clients: ClientStore) async throws {
        _ = try await clients.recordToken(of: client, until: now + 600, at: now)
        for number in 0...ClientStore.maximumRevokedTokens {
            let token = ClientToken(id: "\(number) of \(client)", clientID: client, issuedAt: now, expiresAt: now + 600)
            try await clients.revoke(token, at: now)
        }
    }

    /// Binds a WeChat user to the account, signs in, and takes the binding back.
    private func useWeChat(of account: Account, _ accounts: AccountStore) async throws {
        let sessions = accounts.sessions
        let bindings = WeChatBindingStore(
            database: sessions.database, sessions: sessions, accounts: accounts, revocations: sessions.revocations)
        let user = WeChatUser(openID: "of \(account.username)")
        let token = RegisterToken(user: user, id: "register \(account.username)", expiresAt: now + 600)
        #expect(try await bindings.revoke(token, at: now))
        let current = try #require(try await accounts.find(account.username.username))
        let other = RegisterToken(user: user, id: "other of \(account.username)", expiresAt: now + 600)
        _ = try await bindings.bind(other, to: current, at: now)
        _ = try await bindings.account(of: user)
        _ = try await bindings.beginSession(
            of: current, for: user, scope: .customer, audience: ["login"], from: .unknown, at: now)
        try await bindings.unbind(account.id, at: now)
    }

    private func add(_ name: String, to accounts: AccountStore) async throws -> Account {
        let hash = try PasswordHash(of: goodPassword.prepared, cost: .cheap)
        return try #require(
            await accounts.create(name.username, password: hash, scope: .customer, at: now))
    }
}
