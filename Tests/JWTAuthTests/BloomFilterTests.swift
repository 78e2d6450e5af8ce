import Testing

@testable import JWTAuth

@Suite struct BloomFilterTests {
    private func hashes(_ count: Int, seed: UInt64) -> [Int] {
        // SplitMix64, because a test must not depend on Swift's seed for hashes.
        var state = seed
        return (0..<count).map { _ in
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return Int(truncatingIfNeeded: mixed ^ (mixed >> 31))
        }
    }

    @Test(arguments: [0, 1, 256, 257, 100_000])
    func `a filter has room for the entries it is made for and contains all of them`(count: Int) {
        var filter = BloomFilter(capacity: count)
        #expect(filter.capacity >= max(count, 256))
        let inserted = hashes(count, seed: 1)
        for hash in inserted { filter.insert(hash) }
        #expect(inserted.allSatisfy(filter.mayContain))
    }

    @Test func `an empty filter contains nothing`() {
        let filter = BloomFilter(capacity: 0)
        #expect(!hashes(1000, seed: 1).contains(where: filter.mayContain))
    }

    @Test func `a full filter passes fewer than one in fifty other hashes`() {
        var filter = BloomFilter(capacity: 65_536)
        for hash in hashes(65_536, seed: 1) { filter.insert(hash) }
        let passed = hashes(100_000, seed: 2).count(where: filter.mayContain)
        #expect(passed < 2000)
    }
}
