import NIOCore
import Testing

@testable import ServiceRuntime

@Suite struct RejectionShareTests {
    @Test(arguments: [(0, 0.0), (200, 0), (350, 0.5), (500, 1), (5000, 1)])
    func `the share of rejected requests grows with the time that requests wait`(
        milliseconds: Int64, expected: Double
    ) {
        let share = share(after: repeatElement(milliseconds, count: 100))
        #expect(abs(share.value - expected) < 0.01)
    }

    @Test func `one long pause of the machine rejects nothing`() {
        #expect(share(after: [0, 0, 60_000]).value == 0)
    }

    @Test func `requests are taken again as soon as they no longer wait`() {
        let share = share(after: Array(repeating: 5000, count: 100) + Array(repeating: 0, count: 10))
        #expect(share.value == 0)
    }

    @Test func `rejections are spread evenly`() {
        var share = share(after: repeatElement(275, count: 100))
        let rejected = (0..<100).map { _ in share.rejectsNext() }
        #expect((24...26).contains(rejected.count { $0 }))
        for start in stride(from: 0, to: 96, by: 4) {
            #expect((0...2).contains(rejected[start..<start + 4].count { $0 }))
        }
    }

    private func share(after delays: some Sequence<Int64>) -> RejectionShare {
        var share = RejectionShare(ConnectionLimits())
        for delay in delays { share.add(.milliseconds(delay)) }
        return share
    }
}
