import HTTPTypes
import Hummingbird
import ServiceRuntime

/// Adds the security headers of pages to every response, unless the response has its own. The cookie of the browser decides
/// what a page shows.
struct PageHeadersMiddleware<Context: RequestContext>: RouterMiddleware {
    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        var response = try await next(request, context)
        for field in HTTPFields.page where response.headers[field.name] == nil { response.headers.append(field) }
        response.headers.vary(by: .cookie)
        return response
    }
}

extension HTTPFields {
    /// The header fields of every page. Browsers must not store the page, embed it or guess its type. The page may load
    /// only files of this origin. `X-Frame-Options` is for browsers that do not know `frame-ancestors` (RFC 9700 §4.16).
    static let page: HTTPFields = [
        .cacheControl: "no-store", .xContentTypeOptions: "nosniff", .referrerPolicy: "same-origin",
        .openerPolicy: "same-origin", .frameOptions: "DENY", .contentSecurityPolicy: contentSecurityPolicy(),
    ]

    /// The Content-Security-Policy of a page.
    ///
    /// - Parameters:
    ///   - origins: The origins that its scripts may call, in addition to the page's own. If it is empty, scripts may
    ///     call no origin at all.
    ///   - client: The source of the client to which its form leads, because browsers apply `form-action` to redirects;
    ///     nil when it leads to none.
    static func contentSecurityPolicy(connecting origins: [String] = [], submittingTo client: String? = nil) -> String {
        let connect = origins.isEmpty ? "" : "connect-src 'self' \(origins.joined(separator: " ")); "
        let submit = ["'self'", client].compactMap { $0 }.joined(separator: " ")
        return """
            default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \(connect)form-action \(submit); \
            frame-ancestors 'none'; base-uri 'none'
            """
    }
}

extension HTTPField.Name {
    fileprivate static let openerPolicy = constant("Cross-Origin-Opener-Policy")
    fileprivate static let frameOptions = constant("X-Frame-Options")
}
