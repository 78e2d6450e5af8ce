import Testing

@testable import OTLPTracing

@Suite struct BackoffTests {
    private let now = ContinuousClock.now

    @Test func `the pause doubles with each failure up to a minute, and a success ends it`() {
        var backoff = Backoff()
        #expect(backoff.isOver(at: now))
        for _ in 1...2 {
            for seconds in [1, 2, 4, 8, 16, 32, 60, 60] {
                backoff.update(after: .retryable(after: nil), at: now)
                #expect(!backoff.isOver(at: now + Duration.seconds(seconds) * 0.49))
                #expect(backoff.isOver(at: now + .seconds(seconds)))
            }
            backoff.update(after: .done(dropped: 0), at: now)
            #expect(backoff.isOver(at: now))
        }
    }

    @Test func `the pauses of many exporters differ`() {
        let areOver = (1...100).map { _ in
            var backoff = Backoff()
            backoff.update(after: .retryable(after: nil), at: now)
            return backoff.isOver(at: now + .milliseconds(750))
        }
        #expect(Set(areOver) == [true, false])
    }

    @Test(arguments: [(1, 1), (30, 30), (300, 300), (301, 300), (4_294_967_295, 300)])
    func `a Retry-After counts up to five minutes`(retryAfter: Int, seconds: Int) {
        var backoff = Backoff()
        backoff.update(after: .retryable(after: .seconds(retryAfter)), at: now)
        #expect(!backoff.isOver(at: now + .seconds(seconds) - .milliseconds(1)))
        #expect(backoff.isOver(at: now + .seconds(seconds + 1)))
    }
}
