import HTTPTypes
import HummingbirdTesting
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
            json: #"{"current_password":"\#(current)","new_password":"\#(new)"}"#)
    }
}

@Suite struct PasswordChangeTests {
    @Test func `a changed password ends all sessions and replaces the old password`() async throws {
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

    @Test func `a wrong current password changes nothing and counts as a failed sign-in`() async throws {
        try await LoginUnderTest.run { login in
            let token = try await login.signedUp().accessToken
            for _ in 0...LoginThrottle.freeFailuresOfPair {
                let rejected = try await login.changePassword(token, from: "a wrong password", to: newPassword)
                #expect(rejected.status == 403 && rejected.code == "wrong_password")
            }
            let throttled = try await login.changePassword(token, from: goodPassword, to: newPassword)
            #expect(throttled.status == 429 && throttled.headers[.retryAfter] != nil)
            #expect(try await login.deleteAccount(token, password: goodPassword).status == 429)
            login.clock.advance(seconds: 60)
            #expect(try await login.me(token) == 200)
            #expect(try await login.changePassword(token, from: goodPassword, to: newPassword).status == 204)
        }
    }

    @Test(arguments: ["short", "alice", "password", "", "with\\u0007bell and more"])
    func `an unacceptable new password is rejected with the name of its field`(password: String) async throws {
        try await LoginUnderTest.run { login in
            let token = try await login.signedUp().accessToken
            let rejected = try await login.changePassword(token, from: goodPassword, to: password)
            #expect(rejected.status == 422 && rejected.text.contains("new_password"))
            #expect(try await login.me(token) == 200)
        }
    }
}
