import JWT
import Testing

@testable import JWTCommand

@Suite struct TerminalStyleTests {
    private static let claims: JSONValue = ["sub": "a\u{1B}[2J", "n\u{9B}": [1, true]]

    @Test func `a disabled style adds nothing to a text`() {
        let style = TerminalStyle(isEnabled: false)
        #expect(style.warning("text") == "text")
        #expect(style.heading("text") == "text")
        #expect(style.success("text") == "text" && style.secondary("text") == "text")
        #expect(style.json(Self.claims) == #"  "sub": "a\u001b[2J""# + "\n" + #"  "n\u009b": [1,true]"#)
    }

    @Test func `an enabled style colours names, headings and warnings, and resets the terminal`() {
        let style = TerminalStyle(isEnabled: true)
        for text in [style.warning("text"), style.heading("text"), style.success("text"), style.secondary("text")] {
            #expect(text.hasPrefix("\u{1B}[") && text.hasSuffix("mtext\u{1B}[0m"))
        }
        let lines = style.json(Self.claims).split(separator: "\n")
        #expect(
            lines == ["  \u{1B}[36m\"sub\"\u{1B}[0m: \"a\\u001b[2J\"", "  \u{1B}[36m\"n\\u009b\"\u{1B}[0m: [1,true]"])
    }

    @Test(arguments: [
        ("plain text", "plain text"), ("é😀", "é😀"), ("\u{7F}", "\\u007f"), ("\u{E0001}", "\\udb40\\udc01"),
        ("a\u{2028}b\u{202E}c", "a\\u2028b\\u202ec"), ("\u{FE0F}", "\\ufe0f"), ("", ""),
    ])
    func `a character that a terminal obeys or hides becomes a JSON escape`(text: String, escaped: String) {
        #expect(text.escapedForTerminal == escaped)
    }
}
