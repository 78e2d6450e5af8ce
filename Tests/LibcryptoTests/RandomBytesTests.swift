import Testing

@testable import Libcrypto

@Suite struct RandomBytesTests {
    @Test(arguments: [0, 1, 16, 32, 1_000_000])
    func `the number of random bytes is the requested one`(count: Int) {
        #expect(randomBytes(count).count == count)
    }

    @Test func `random bytes are not repeated`() {
        #expect(Set((0..<1000).map { _ in randomBytes(16) }).count == 1000)
    }

    @Test func `every value of a byte occurs about equally often`() {
        var counts = [Int](repeating: 0, count: 256)
        for byte in randomBytes(256 * 1000) { counts[Int(byte)] += 1 }
        // The standard deviation is 32, so a count outside of this range comes once in 10^18 runs.
        #expect(counts.allSatisfy { (700...1300).contains($0) })
    }
}
