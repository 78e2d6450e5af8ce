import Testing

@testable import Drills

@Suite(.serialized) struct `What stays true when something fails` {
    @Test(.timeLimit(.minutes(3)), arguments: Drill.all)
    func `each drill passes in its short form`(drill: Drill) async {
        #expect(await drill.perform(.short).faults == [])
    }
}

extension Drill: CustomTestStringConvertible {
    /// The name, by which a failure is found.
    public var testDescription: String { name }
}
