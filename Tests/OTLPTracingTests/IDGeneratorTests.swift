import Testing

@testable import OTLPTracing

@Suite struct IDGeneratorTests {
    @Test func `ids of spans and traces differ from each other, also in concurrent tasks`() async {
        let ids = await withTaskGroup(of: [UInt64].self) { group in
            for _ in 0..<8 {
                group.addTask {
                    (0..<1000).flatMap { _ -> [UInt64] in
                        let traceID = IDGenerator.traceID()
                        return [
                            IDGenerator.spanID(), UInt64(truncatingIfNeeded: traceID),
                            UInt64(truncatingIfNeeded: traceID >> 64),
                        ]
                    }
                }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
        #expect(ids.count == 24000)
        #expect(Set(ids).count == ids.count)
        #expect(!ids.contains(0))
    }

    @Test
    func `each bit of an id is set in about half of the ids, so a ratio of the sampler is the share of the traces`() {
        let sampler = Sampler(ratio: 0.25, isParentBased: false)
        let ids = (0..<10000).map { _ in IDGenerator.traceID() }
        for bit in 0..<128 {
            #expect((4700...5300).contains(ids.count { $0 >> UInt128(bit) & 1 == 1 }))
        }
        #expect((2200...2800).contains(ids.count { sampler.samples($0, under: nil) }))
    }
}
