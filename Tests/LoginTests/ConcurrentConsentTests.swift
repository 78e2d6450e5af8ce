import Database
import Foundation
import ServiceRuntime
import TestSupport
import Testing

@testable import LoginService

/// A person who disconnects a client at one replica while another one issues a code to it.
@Suite(.enabled(if: PostgreSQLServer.isInstalled, "PostgreSQL is not installed: scripts/setup postgresql"))
struct ConcurrentConsentTests {
    private let transactions: PausedTransactions
    private let paused: ConsentStore
    private let other: ConsentStore
    private let session: Session
    private let request: AuthorizationRequest
    private let clients: ClientStore
    private let now = TestClock().now

    init() async throws {
        let folder = try TemporaryFolder()
        transactions = try PausedTransactions(in: folder, migrations: Schema.migrations)
        let stores = try Stores(in: folder, database: transactions.other)
        let pausedStores = try Stores(in: folder, database: transactions.paused)
        paused = ConsentStore(codes: CodeStore(database: transactions.paused, sessions: pausedStores.sessions))
        other = ConsentStore(codes: CodeStore(database: transactions.other, sessions: stores.sessions))
        clients = ClientStore(database: transactions.other, sessions: stores.sessions)
        let account = try await stores.addAccount("alice")
        session = try #require(
            await stores.sessions.begin(account, scope: .customer, audience: ["login"], at: now)
        ).0
        let uri = try #require(RedirectURI("https://app.example/"))
        let client = Client(
            id: "app", name: try #require(ClientName("App")), secretHash: [1], grantTypes: Client.GrantType.allCases,
            scope: .customer, audience: ["login"], redirectURIs: [uri])
        _ = try await clients.add(client, at: now)
        let parameters = AuthorizationParameters(
            query: "response_type=code&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
                + "&code_challenge_method=S256")
        request = try AuthorizationRequest(
            parameters, for: AuthorizationTarget(client: client, redirectURI: uri, state: nil, issuer: "i"),
            services: ServiceDirectory(names: ["login"], addresses: [:]))
    }

    private func codeCount() async throws -> Int? {
        try await transactions.other.read {
            try $0.queryOne("SELECT count(*) AS count FROM authorization_codes")?["count"]
        }
    }

    @Test(arguments: [true, false])
    func `a code that is issued while its client is disconnected is removed with the consent`(
        isAllowedBefore: Bool
    ) async throws {
        if isAllowedBefore { _ = try await other.allow(request, scope: .customer, by: session, at: now) }
        let (code, _) = try await transactions.run(pausingAt: "INSERT ON authorization_codes") {
            isAllowedBefore
                ? try await paused.issueCode(for: request, scope: .customer, by: session, at: now)
                : try await paused.allow(request, scope: .customer, by: session, at: now)
        } meanwhile: {
            try await other.remove(client: "app", of: session.accountID, at: now)
        }
        #expect(code != nil)
        #expect(try await codeCount() == 0)
        #expect(try await !other.covers(request, scope: .customer, of: session.accountID))
    }

    @Test func `no code is issued for a consent that is being taken back`() async throws {
        _ = try await other.allow(request, scope: .customer, by: session, at: now)
        let (isRemoved, code) = try await transactions.run(pausingAt: "DELETE ON authorization_codes") {
            try await paused.remove(client: "app", of: session.accountID, at: now)
        } meanwhile: {
            try await other.issueCode(for: request, scope: .customer, by: session, at: now)
        }
        #expect(isRemoved)
        #expect(code == nil)
        #expect(try await codeCount() == 0)
    }

    @Test func `no code is issued to a client that an operator is removing`() async throws {
        let (_, isRemoved) = try await transactions.run(pausingAt: "INSERT ON authorization_codes") {
            try await paused.allow(request, scope: .customer, by: session, at: now)
        } meanwhile: {
            try await clients.remove("app", at: now)
        }
        #expect(isRemoved)
        #expect(try await codeCount() == 0)
        let late = try await paused.allow(request, scope: .customer, by: session, at: now)
        #expect(late == nil)
    }
}
