import Mustache
import ServiceRuntime
import Testing

@Suite struct HTMLTemplateTests {
    private func render(_ value: String) throws -> String {
        try MustacheTemplate(html: #"<a title="{{value}}">{{value}}</a>"#).render(["value": value])
    }

    @Test(arguments: [
        ("plain", "plain"), ("", ""), ("<b>&\"'", "&lt;b&gt;&amp;&quot;&#39;"), ("&amp;", "&amp;amp;"),
        ("\"\u{301}x", "&quot;\u{301}x"), ("<\u{338}script", "&lt;\u{338}script"), ("é 👋 `=/", "é 👋 `=/"),
        ("\u{0}\n", "\u{0}\n"),
    ])
    func `a value in HTML is escaped byte by byte`(value: String, escaped: String) throws {
        let html = try render(value)
        #expect(Array(html.utf8) == Array(#"<a title="\#(escaped)">\#(escaped)</a>"#.utf8))
    }

    @Test func `a value with three braces is not escaped`() throws {
        #expect(try MustacheTemplate(html: "{{{value}}}").render(["value": "<b>"]) == "<b>")
    }

    @Test(arguments: ["{{value", "{{#open}}", "{{/closed}}"])
    func `a text that is not a template is an error`(text: String) {
        #expect(throws: (any Error).self) { try MustacheTemplate(html: text) }
    }
}
