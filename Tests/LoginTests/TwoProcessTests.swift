import HTTPTypes
import HummingbirdTesting
import JWT
import JWTAuth
import ServiceRuntime
import TestSupport
import Testing

@testable import LoginService

/// Two login services on one database, as two replicas are.
@Suite struct TwoProcessTests {
    private func run(
        _ body: @Sendable (_ first: LoginUnderTest, _ second: LoginUnderTest) async throws -> Void
    ) async throws {
        let folder = try TemporaryFolder()
        try await LoginUnderTest.run(folder: folder) { first in
            try await LoginUnderTest.run(folder: folder) { second in try await body(first, second) }
        }
    }

    @Test func `fifty concurrent refreshes give one family of tokens, and each response can be refreshed`() async throws
    {
        try await run { first, second in
            let start = try await first.signedUp()
            let responses = try await withThrowingTaskGroup(of: ReceivedResponse.self) { group in
                for number in 0..<50 {
                    group.addTask { try await (number % 2 == 0 ? first : second).refresh(start.refreshToken) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(responses.count == 50 && responses.allSatisfy { $0.status == 200 })
            #expect(try Set(responses.map { try $0.refreshToken }).count == 1)
            #expect(try Set(responses.map { try $0.sessionID }) == [start.sessionID])
            #expect(try Set(responses.map { try $0.tokenID }).count == 50)
            #expect(try await first.rows("SELECT hash FROM refresh_tokens").count == 2)
            for response in [responses[0], responses[49]] { #expect(try await second.me(response.accessToken) == 200) }
            #expect(try await second.refresh(responses[0].refreshToken).status == 200)
        }
    }

    @Test func `a browser that signed in at one process is signed in at the other, until it signs out`() async throws {
        try await run { first, second in
            _ = try await first.signUp("alice")
            var (here, there) = (Browser(first), Browser(second))
            try await here.signIn("alice")
            there.cookies = here.cookies
            #expect(try await there.isSignedIn())
            _ = try await there.get("/account")
            #expect(try await there.submit("/account/sign-out").status == 303)
            #expect(try await !here.isSignedIn())
        }
    }

    @Test func `a code that one process issued is redeemed once, whichever process gets it`() async throws {
        let folder = try TemporaryFolder()
        let environment = ["DEMO_DATA": "on"]
        try await LoginUnderTest.run(environment: environment, folder: folder) { first in
            try await LoginUnderTest.run(environment: environment, folder: folder) { second in
                var browser = Browser(first)
                try await browser.signIn("alice", DemoData.password)
                let code = try await CodeFlow.web(first).code(&browser)
                let tokens = try await CodeFlow.web(second).redeem(code)
                #expect(tokens.status == 200)
                #expect(try await CodeFlow.web(first).redeem(code)["error"] == "invalid_grant")
                #expect(try await second.feed(after: 0).entries.map(\.id) == [tokens.sessionID])
            }
        }
    }

    @Test func `two processes on one database share ended sessions and serve the same feed`() async throws {
        try await run { first, second in
            let (here, there) = (try await first.signedUp(), try await second.signIn("alice"))
            _ = try await first.client.send(.post, "/logout", token: there.accessToken)
            _ = try await second.revoke(here.accessToken)
            #expect(try await second.me(there.accessToken) == 401)
            #expect(try await first.me(here.accessToken) == 401)
            let feed = try await first.feed(after: 0)
            #expect(try feed.seq == 3 && feed.entries.map(\.id) == [there.sessionID, here.tokenID])
            #expect(try await second.feed(after: 0) == feed)
        }
    }
}
