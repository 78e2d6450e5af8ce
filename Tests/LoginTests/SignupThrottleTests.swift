import Testing

@testable import LoginService

@Suite struct SignupThrottleTests {
    private let throttle = SignupThrottle()
    private let start = ContinuousClock.now

    @Test func `a network makes one sign-up a second after its free ones, and the rest is told when to come`() {
        for _ in 1...SignupThrottle.freeSignups {
            #expect(throttle.admit("a", at: start) == .admitted(after: .zero))
        }
        for second in 1...5 { #expect(throttle.admit("a", at: start) == .admitted(after: .seconds(second))) }
        #expect(throttle.admit("a", at: start) == .throttled(retryAfterSeconds: 2))
        #expect(throttle.admit("b", at: start) == .admitted(after: .zero))
        #expect(throttle.admit("a", at: start + .seconds(6)) == .admitted(after: .zero))
        #expect(throttle.admit("a", at: start + .seconds(6)) == .admitted(after: .seconds(1)))
    }

    @Test func `a sign-up that is taken back does not count`() {
        for _ in 1...500 {
            #expect(throttle.admit("a", at: start) == .admitted(after: .zero))
            throttle.takeBack("a")
        }
    }
}
