public import Mustache

extension MustacheTemplate {
    /// Creates a template of HTML that escapes values byte by byte.
    ///
    /// - Throws: `MustacheTemplate.ParserError` if the text is not a template.
    public init(html text: String) throws {
        MustacheContentTypes.register(HTMLBytes(), named: HTMLBytes.name)
        try self.init(string: "{{% CONTENT_TYPE:\(HTMLBytes.name)}}\n\(text)")
    }
}

/// Escapes text for HTML byte by byte.
///
/// Mustache escapes by `Character`, so it does not escape a quotation mark with a combining accent. A browser reads
/// this character as a quotation mark that ends an attribute.
private struct HTMLBytes: MustacheContentType {
    static let name = "HTML_BYTES"

    func escapeText(_ text: String) -> String {
        var escaped: [UInt8] = []
        escaped.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "<"): escaped += Array("&lt;".utf8)
            case UInt8(ascii: ">"): escaped += Array("&gt;".utf8)
            case UInt8(ascii: "&"): escaped += Array("&amp;".utf8)
            case UInt8(ascii: "\""): escaped += Array("&quot;".utf8)
            case UInt8(ascii: "'"): escaped += Array("&#39;".utf8)
            default: escaped.append(byte)
            }
        }
        return String(decoding: escaped, as: UTF8.self)
    }
}
