import TestSupport
import Testing

@testable import Drills

@Suite(.serialized, .enabled(if: ServiceName.exist(ServiceName.shop))) struct DrillTests {
    @Test(.timeLimit(.minutes(3)), arguments: Drill.all)
    func `every drill passes in its short form`(drill: Drill) async {
        #expect(await drill.perform(.short).violations == [])
    }
}

extension Drill: CustomTestStringConvertible {
    /// The name of the drill, for the output of the tests.
    public var testDescription: String { name }
}
