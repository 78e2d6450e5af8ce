import Foundation
import Mustache
import ServiceRuntime

/// The templates of the pages, read once when the service starts.
struct PageTemplates: Sendable {
    private let library: MustacheLibrary

    /// There is no template of this name.
    struct Missing: Error {
        let name: String
    }

    /// Reads the files of the folder `Resources/templates`.
    ///
    /// - Throws: An error of reading, or `MustacheTemplate.ParserError`.
    init() throws {
        var templates: [String: MustacheTemplate] = [:]
        for url in try Bundle.module.resources(in: "templates") {
            let name = url.deletingPathExtension().lastPathComponent
            templates[name] = try MustacheTemplate(html: String(contentsOf: url, encoding: .utf8))
        }
        library = MustacheLibrary(templates: templates)
    }

    /// Fills a template with `values`.
    ///
    /// - Throws: `Missing`.
    func render(_ name: String, _ values: any Sendable) throws -> String {
        guard let page = library.render(values, withTemplate: name) else { throw Missing(name: name) }
        return page
    }
}
