import Testing

@testable import JWTCommand

@Suite struct InvalidUnicodeTests {
    @Test(arguments: [
        #"{"a":"\ud800"}"#: #"{"a":"\ufffd"}"#, #"{"a":"\udc00x"}"#: #"{"a":"\ufffdx"}"#,
        #"{"a":"\ud800\ud83d\ude00"}"#: #"{"a":"\ufffd\ud83d\ude00"}"#,
        #"{"a":"\ude00\ud83d"}"#: #"{"a":"\ufffd\ufffd"}"#, #"{"a":"\\\ud800"}"#: #"{"a":"\\\ufffd"}"#,
    ])
    func `the escape of a lone surrogate becomes that of the replacement character`(line: String, expected: String) {
        #expect(InvalidUnicode.replaced(in: Array(line.utf8)) == Array(expected.utf8))
    }

    @Test(arguments: [#"{"a":"\ud83d\ude00"}"#, #"{"a":"\\ud800"}"#, #"{"a":"\u00e9"}"#, #"{"a":"\ud8"#, "\\", ""])
    func `a line of valid Unicode is not changed`(line: String) {
        #expect(InvalidUnicode.replaced(in: Array(line.utf8)) == nil)
    }

    @Test func `a byte that is not UTF-8 becomes the replacement character`() {
        let line = Array(#"{"a":""#.utf8) + [0xFF] + Array(#""}"#.utf8)
        #expect(InvalidUnicode.replaced(in: line) == Array("{\"a\":\"\u{FFFD}\"}".utf8))
    }
}
