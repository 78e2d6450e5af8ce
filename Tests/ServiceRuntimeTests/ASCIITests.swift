import ServiceRuntime
import Testing

@Suite struct ASCIITests {
    private static let alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

    @Test func `each class of ASCII characters has exactly its members among all bytes`() {
        func members(_ contains: (UInt8) -> Bool) -> [UInt8] { (0...UInt8.max).filter(contains) }
        #expect(members(\.isASCIILetter) == Self.alphanumeric.dropLast(10).utf8.sorted())
        #expect(members(\.isASCIIDigit) == "0123456789".utf8.sorted())
        #expect(members(\.isLowercaseHexDigit) == "0123456789abcdef".utf8.sorted())
        #expect(members(\.isHTTPTokenCharacter) == (Self.alphanumeric + "!#$%&'*+-.^_`|~").utf8.sorted())
        #expect(members(\.isToken68Character) == (Self.alphanumeric + "-._~+/=").utf8.sorted())
        #expect(members(\.isURIUnreserved) == (Self.alphanumeric + "-._~").utf8.sorted())
    }

    @Test func `each byte is written as two lower-case hexadecimal digits`() {
        #expect([UInt8]().hexadecimal == "")
        #expect([0x00, 0x09, 0x0A, 0xA0, 0xFF].hexadecimal == "00090aa0ff")
    }

    @Test func `a hexadecimal digit has its value, and every other byte has none`() {
        for byte in 0...UInt8.max {
            let text = String(decoding: [byte], as: UTF8.self)
            #expect(byte.hexDigitValue == (text == "+" || text == "-" ? nil : UInt8(text, radix: 16)))
        }
    }

    @Test func `every byte but an unreserved one is percent-encoded with two upper-case digits`() {
        let bytes: [UInt8] = [0, 0x0A, 0x20, 0x25, 0x2F, 0x7E, 0x61, 0xC3]
        #expect(bytes.map(\.percentEncoded) == ["%00", "%0A", "%20", "%25", "%2F", "~", "a", "%C3"])
    }
}
