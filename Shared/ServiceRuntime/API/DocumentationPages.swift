import Foundation
import HTTPTypes
import Hummingbird
import Logging

/// `/docs`: Swagger UI, with which people try the service. Its files are not of this project; `scripts/setup` fetches them
/// into a folder, and without them the page says so.
struct DocumentationPages<Context: RequestContext> {
    /// The folder with the files of Swagger UI, which need not exist.
    let swaggerUI: String

    private static var path: String { "/docs" }

    /// Serves the page where no route fits a request.
    func add(to router: Router<Context>) {
        router.add(middleware: PageHeadersMiddleware(path: Self.path))
        for folder in [swaggerUI, Bundle.module.resource("docs").path] {
            router.add(
                middleware: FileMiddleware(
                    folder, urlBasePath: Self.path, cacheControl: .init([(MediaType(type: .any), [.noCache])]),
                    searchForIndexHtml: true, logger: Logger(label: "docs") { _ in SwiftLogNoOpLogHandler() }))
        }
    }
}

/// What goes with the files below a path: a policy that lets a page load nothing from elsewhere, and run nothing inline.
private struct PageHeadersMiddleware<Context: RequestContext>: RouterMiddleware {
    let path: String

    // Swagger UI has its images as `data:` in its style sheet.
    private static var policy: String {
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
            + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    }

    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        guard request.uri.path == path || request.uri.path.hasPrefix("\(path)/") else {
            return try await next(request, context)
        }
        // A file's name would end there for the system.
        guard !request.uri.path.contains("%00") else { throw Problem.notFound() }
        var head = request.head
        // The answer to a range beyond the end of a file would have a negative length.
        head.headerFields[.range] = nil
        var response = try await next(Request(head: head, body: request.body), context)
        response.headers[.contentSecurityPolicy] = Self.policy
        response.headers[.xContentTypeOptions] = "nosniff"
        response.headers[.referrerPolicy] = "no-referrer"
        return response
    }
}
