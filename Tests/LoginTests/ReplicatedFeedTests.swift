import Configuration
import Foundation
import HTTPTypes
import HummingbirdTesting
import JWT
import ServiceLifecycle
import ServiceRuntime
import TestSupport
import Testing

@testable import JWTAuth
@testable import LoginService

/// Two replicas of login on one database, with two replicas each of two services that follow the feed.
@Suite(.timeLimit(.minutes(2))) struct ReplicatedFeedTests {
    /// A replica of a service, as far as it follows the feed.
    private struct Replica: Sendable {
        let state: RevocationState
        let follower: RevocationFollower

        init(of service: String, loginPort: Int, clock: WallClock) throws {
            let environment = TokenMint.environment.merging(["LOGIN_URL": "http://127.0.0.1:\(loginPort)"]) { $1 }
            let (settings, tokens) = try Settings.read(ConfigReader(environment: environment)) { settings in
                (RevocationSettings(folder: nil, &settings), try TokenSettings(clock: clock, &settings))
            }
            state = RevocationState(settings, clock: clock)
            follower = RevocationFollower(updating: state, of: service, tokens, settings, clock: clock)
        }

        /// Waits until the replica rejects a token.
        func waitForRejection(of token: VerifiedToken) async throws {
            while !state.isRevoked(token) { try await Task.sleep(for: .milliseconds(5)) }
        }
    }

    @Test
    func `a logout at one replica of login is in force at all services within a second, 99 of 100 times`()
        async throws
    {
        let (folder, clock) = (try TemporaryFolder(), TestClock())
        try await LoginUnderTest.run(.live, clock: clock, folder: folder) { first in
            try await LoginUnderTest.run(.live, clock: clock, folder: folder) { second in
                _ = try await first.signUp("alice")
                let replicas = try [("orders", first), ("orders", second), ("catalog", first), ("catalog", second)]
                    .map { service, login in
                        try Replica(of: service, loginPort: try #require(login.client.port), clock: clock.clock)
                    }
                let stores = try Stores(
                    in: folder, lifetimes: SessionLifetimes(sessionSeconds: 1000, accessTokenSeconds: 600))
                let account = try #require(await stores.accounts.find("alice".username))
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for replica in replicas { group.addTask { try await replica.follower.run() } }
                    for replica in replicas { await replica.follower.waitForFirstRead() }
                    let inTime = try await Self.logOut(200, of: account, stores, [first, second], replicas)
                    #expect(inTime >= 198)
                    group.cancelAll()
                }
            }
        }
    }

    /// Logs sessions of an account out, ten at a time. Returns the number of logouts that were in force at every replica
    /// before a sleep of one second ended.
    private static func logOut(
        _ count: Int, of account: Account, _ stores: Stores, _ logins: [LoginUnderTest], _ replicas: [Replica]
    ) async throws -> Int {
        try await withThrowingTaskGroup(of: Int.self) { group in
            for client in 0..<10 {
                group.addTask {
                    var inTime = 0
                    for number in 0..<count / 10 {
                        let login = logins[(client + number) % logins.count]
                        if try await logOut(at: login, of: account, stores, replicas) { inTime += 1 }
                    }
                    return inTime
                }
            }
            return try await group.reduce(0, +)
        }
    }

    private static func logOut(
        at login: LoginUnderTest, of account: Account, _ stores: Stores, _ replicas: [Replica]
    ) async throws -> Bool {
        let begun = try await stores.sessions.begin(
            account, scope: .customer, audience: ["login"], at: login.clock.now)
        let token = try token(of: try #require(begun).0, login)
        let response = try await login.client.send(.post, "/logout", token: token.text)
        #expect(response.status == 204)
        let inTime: Void? = try await result(beforeSleepOf: .seconds(1)) {
            for replica in replicas { try await replica.waitForRejection(of: token.verified) }
        }
        for replica in replicas { try await replica.waitForRejection(of: token.verified) }
        return inTime != nil
    }

    private static func token(
        of session: Session, _ login: LoginUnderTest
    ) throws -> (text: String, verified: VerifiedToken) {
        var claims = login.tokens.userClaims(session.accountID, audience: "login", scope: "orders:read")
        claims.sessionID = session.id.lowercase
        let text = try login.tokens.sign(claims)
        let keys = try KeySet(Key(secret: Array(TokenMint.secret.utf8)))
        let policy = TokenType.access.policy(issuers: [TokenMint.issuer], audience: "login")
        return (text, try Verifier(keys: keys, policy: policy).verify(text, at: NumericDate(login.clock.now)))
    }
}
