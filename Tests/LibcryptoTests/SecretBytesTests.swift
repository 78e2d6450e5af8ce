import TestSupport
import Testing

@testable import Libcrypto

@Suite struct SecretBytesTests {
    @Test(arguments: [0, 1, 32, 64, 8192])
    func `a secret keeps its bytes when the caller erases its own`(count: Int) {
        let expected = [UInt8](repeating: 0xA5, count: count)
        var bytes = expected
        let secret = SecretBytes(bytes)
        eraseBytes(&bytes)
        #expect(secret.count == count)
        #expect(secret.bytes == expected)
    }

    @Test func `a copy of the bytes can be erased without a change of the secret`() {
        let secret = SecretBytes([1, 2, 3])
        var copy = secret.bytes
        eraseBytes(&copy)
        #expect(copy == [0, 0, 0])
        #expect(secret.bytes == [1, 2, 3])
    }

    @Test func `no description shows the bytes of a secret`() {
        let secret = SecretBytes(Array("topsecret".utf8))
        var dumped = ""
        dump(["key": secret], to: &dumped)
        for text in ["\(secret)", String(reflecting: secret), String(describing: [secret]), dumped] {
            #expect(text.contains("9 bytes"))
            #expect(!text.contains("116") && !text.contains("topsecret"))
        }
        #expect(Mirror(reflecting: secret).children.isEmpty)
    }

    @Test(arguments: [0, 1, 31, 4096])
    func `bytes are zero after their erasure, and their number stays`(count: Int) {
        var bytes = [UInt8](repeating: 0xFF, count: count)
        let copy = bytes
        eraseBytes(&bytes)
        #expect(bytes == [UInt8](repeating: 0, count: count))
        #expect(copy == [UInt8](repeating: 0xFF, count: count))
    }

    @Test func `many tasks read one secret at once`() async {
        let secret = SecretBytes(Array(0...255))
        await withTaskGroup(of: [UInt8].self) { group in
            for _ in 0..<50 { group.addTask { secret.bytes } }
            for await bytes in group { #expect(bytes == Array(0...255)) }
        }
    }

    // MARK: - Comparison

    @Test(arguments: [1, 7, 8, 9, 32, 100])
    func `a difference in any bit is found`(count: Int) {
        let bytes = randomBytes(count)
        #expect(equalInConstantTime(bytes, Array(bytes)))
        for bit in 0..<(8 * count) {
            var changed = bytes
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(!equalInConstantTime(bytes, changed))
        }
    }

    @Test func `bytes of different lengths are not equal, even if one begins the other`() {
        #expect(equalInConstantTime([], []))
        #expect(!equalInConstantTime([], [0]))
        #expect(!equalInConstantTime([1, 2, 3], [1, 2]))
        #expect(!equalInConstantTime([1, 2], [1, 2, 0]))
    }

    @Test(.enabled(if: canCountInstructions))
    func `a comparison takes as many instructions for an early as for a late difference`() async throws {
        let (early, late) = (
            try await instructions(of: "comparison", size: 0),
            try await instructions(of: "comparison", size: (1 << 20) - 1)
        )
        // A comparison that stops at the first difference would need a thousand times as many for the late one.
        #expect(abs(early - late) < 1000, "\(early) and \(late) instructions")
    }
}
