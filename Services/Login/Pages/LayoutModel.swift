import HTTPTypes
import Hummingbird
import ServiceRuntime

/// The values of the template `layout`, which surrounds every page.
struct LayoutModel: Sendable {
    let title: String
    /// The name of the account that is signed in; nil for a browser that is signed out.
    let username: String?
    /// The token that every form of this browser carries.
    let csrfToken: String
    let notice: String?
    /// The values of the page's own template.
    let content: (any Sendable)?

    init(_ page: PageContext, title: String, content: (any Sendable)?) {
        self.title = title
        username = page.session?.username
        csrfToken = page.cookie.csrfToken
        notice = page.notice?.sentence
        self.content = content
    }
}

extension PageRequestContext {
    /// A page.
    ///
    /// - Parameters:
    ///   - template: The name of its template.
    ///   - content: The values that the template shows in addition to those of the layout.
    /// - Throws: `PageTemplates.Missing`.
    func render(
        _ template: String, title: String, _ content: (any Sendable)? = nil, status: HTTPResponse.Status = .ok
    ) throws -> Response {
        let html = try page.templates.render(template, LayoutModel(page, title: title, content: content))
        return Response(
            status: status, headers: [.contentType: "text/html; charset=utf-8"],
            body: .init(byteBuffer: .init(string: html)))
    }
}
