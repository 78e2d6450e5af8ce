import Foundation
import Mustache
import ServiceRuntime

/// The templates of the pages, read once when the service starts.
struct PageTemplates: Sendable {
    private let library: MustacheLibrary

    /// A template is not there.
    struct Missing: Error {
        let name: String
    }

    /// Reads all templates of the bundle.
    init(_ bundle: WebFiles) throws {
        var templates: [String: MustacheTemplate] = [:]
        for (name, text) in try bundle.templates() {
            templates[name] = try MustacheTemplate(html: text)
        }
        library = MustacheLibrary(templates: templates)
    }

    /// The page that a template makes of `values`.
    func render(_ name: String, _ values: any Sendable) throws -> String {
        guard let page = library.render(values, withTemplate: name) else { throw Missing(name: name) }
        return page
    }
}
