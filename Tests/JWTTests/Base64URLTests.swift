import Foundation
import Testing

@testable import JWT

@Suite struct Base64URLTests {
    /// RFC 4648 section 10, without the padding.
    @Test(arguments: [
        ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("fooba", "Zm9vYmE"),
        ("foobar", "Zm9vYmFy"),
    ])
    func `the examples of RFC 4648 are encoded and decoded`(plain: String, encoded: String) {
        #expect(Base64URL.encode(Array(plain.utf8)) == encoded)
        #expect(Base64URL.decode(encoded) == Array(plain.utf8))
    }

    @Test func `the encoding of every length is that of Foundation and is decoded`() {
        var state: UInt64 = 1
        for count in 0..<300 {
            let bytes = (0..<count).map { _ -> UInt8 in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return UInt8(truncatingIfNeeded: state >> 56)
            }
            let text = Base64URL.encode(bytes)
            #expect(text == TestToken.segment(bytes))
            #expect(Base64URL.decode(text) == bytes)
            #expect(isStrict(Array(text.utf8)))
        }
    }

    @Test func `a byte outside of the alphabet is found at every position`() {
        let alphabet = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        for byte in UInt8.min...(.max) where !alphabet.contains(byte) {
            for count in [2, 3, 4, 8, 11, 12, 16, 19, 24, 32, 43, 63, 64, 95, 98] {
                for position in 0..<count {
                    var text = [UInt8](repeating: UInt8(ascii: "A"), count: count)
                    text[position] = byte
                    #expect(decode(text) == nil)
                    #expect(!isStrict(text))
                }
            }
        }
    }

    @Test func `a text with bits after the last byte or an impossible length is rejected`() {
        for text in ["A", "AAAAA", "AB", "AAB", "Zh", "Zm9", "AAAAAAAAAAAAAAAAAAB", "AAAAAAAAAB"] {
            #expect(Base64URL.decode(text) == nil)
            #expect(!isStrict(Array(text.utf8)))
        }
    }

    private func decode(_ text: [UInt8]) -> [UInt8]? { Base64URL.decode(text.span) }
    private func isStrict(_ text: [UInt8]) -> Bool { Base64URL.isValid(text.span) }
}
