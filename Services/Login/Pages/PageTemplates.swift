import Foundation
import Mustache

/// The templates of the pages, read once when the service starts.
struct PageTemplates: Sendable {
    private let library: MustacheLibrary

    /// A template is not there.
    struct Missing: Error {
        let name: String
    }

    /// Reads all templates of the bundle.
    init(_ bundle: WebFiles) throws {
        MustacheContentTypes.register(HTMLBytes(), named: HTMLBytes.name)
        var templates: [String: MustacheTemplate] = [:]
        for (name, text) in try bundle.templates() {
            templates[name] = try MustacheTemplate(string: "{{% CONTENT_TYPE:\(HTMLBytes.name)}}\n\(text)")
        }
        library = MustacheLibrary(templates: templates)
    }

    /// The page that a template makes of `values`.
    func render(_ name: String, _ values: any Sendable) throws -> String {
        guard let page = library.render(values, withTemplate: name) else { throw Missing(name: name) }
        return page
    }
}

/// Escapes what stands in HTML, byte by byte.
///
/// The library goes by characters as people see them, so that it takes a quotation mark with an accent for something else
/// than a quotation mark; browsers do not, and an attribute would end there.
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
