import NIOCore
import Testing

@testable import ServiceRuntime

@Suite struct RejectionShareTests {
    @Test(arguments: [(0, 0), (200, 0), (275, 25), (350, 50), (500, 100), (5000, 100)])
    func `the share of rejected requests grows with the time that requests wait`(milliseconds: Int64, expected: Int) {
        let count = rejections(after: milliseconds).count { $0 }
        #expect(abs(count - expected) <= 1)
    }

    @Test func `requests are taken again as soon as they no longer wait`() {
        var share = RejectionShare(ConnectionLimits())
        for _ in 0..<100 { _ = share.rejectsNext(after: .seconds(5)) }
        let isRejected = share.rejectsNext(after: .zero)
        #expect(!isRejected)
    }

    @Test func `rejections are spread evenly`() {
        let rejected = rejections(after: 275)
        for start in stride(from: 0, to: 96, by: 4) {
            #expect((0...2).contains(rejected[start..<start + 4].count { $0 }))
        }
    }

    /// Whether each of a hundred requests is rejected.
    private func rejections(after milliseconds: Int64) -> [Bool] {
        var share = RejectionShare(ConnectionLimits())
        return (0..<100).map { _ in share.rejectsNext(after: .milliseconds(milliseconds)) }
    }
}
