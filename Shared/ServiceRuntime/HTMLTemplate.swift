public import Mustache

extension MustacheTemplate {
    /// A template of HTML, in which values are escaped byte by byte.
    ///
    /// - Throws: `MustacheTemplate.ParserError` for a text that is none.
    public init(html text: String) throws {
        MustacheContentTypes.register(HTMLBytes(), named: HTMLBytes.name)
        try self.init(string: "{{% CONTENT_TYPE:\(HTMLBytes.name)}}\n\(text)")
    }
}

/// Escapes what stands in HTML, byte by byte.
///
/// The library goes by characters as people see them, so that it takes a quotation mark with an accent for something else
/// than a quotation mark; browsers do not, and an attribute would end there, or a tag begin.
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
