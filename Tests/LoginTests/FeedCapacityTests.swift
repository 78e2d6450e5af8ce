import HTTPTypes
import HummingbirdTesting
import TestSupport
import Testing

@testable import LoginService

@Suite struct FeedCapacityTests {
    /// The same request, replayed or repeated, takes the capacity of one service only.
    @Test(.timeLimit(.minutes(1)))
    func `a service that repeats its waiting request gets a page at once for the oldest ones`() async throws {
        try await LoginUnderTest.run { login in
            let token = try await login.signedUp().accessToken
            try await withThrowingTaskGroup(of: ReceivedResponse.self) { group in
                for _ in 0...RevocationNotifier.maximumSubscriptions {
                    group.addTask { try await login.feedResponse(after: 1, wait: 30) }
                }
                let waiting = RevocationNotifier.maximumSubscriptionsOfCaller
                for _ in waiting...RevocationNotifier.maximumSubscriptions {
                    #expect(try await group.next()?.status == 200)
                }
                _ = try await login.client.send(.post, "/logout", token: token)
                for _ in 0..<waiting { #expect(try await group.next()?.status == 200) }
            }
        }
    }
}
