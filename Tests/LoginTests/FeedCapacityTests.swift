import HTTPTypes
import HummingbirdTesting
import TestSupport
import Testing

@testable import LoginService

@Suite struct FeedCapacityTests {
    @Test(.timeLimit(.minutes(1))) func `one request more than may wait for the feed gets 503 with Retry-After`()
        async throws
    {
        try await LoginUnderTest.run { login in
            let token = try await login.signedUp().accessToken
            try await withThrowingTaskGroup(of: ReceivedResponse.self) { group in
                for _ in 0...RevocationNotifier.maximumSubscriptions {
                    group.addTask { try await login.feedResponse(after: 1, wait: 30) }
                }
                let first = try #require(try await group.next())
                #expect(first.status == 503 && first.headers[.retryAfter] == "1")
                _ = try await login.client.send(.post, "/logout", token: token)
                for try await response in group { #expect(response.status == 200) }
            }
        }
    }
}
