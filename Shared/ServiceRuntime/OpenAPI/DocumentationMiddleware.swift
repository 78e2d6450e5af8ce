import Foundation
import HTTPTypes
import Hummingbird

/// Serves the page `/docs`, on which people try the service with Swagger UI.
///
/// The files of Swagger UI are not part of this project. `scripts/setup` downloads them into a folder; without them, the
/// page says what to do. The middleware is added after all routes, so `/docs` is not an operation of the service.
struct DocumentationMiddleware<Context: RequestContext>: RouterMiddleware {
    private let files: [String: StaticFile]

    private static var path: String { "/docs" }
    // The style sheet of Swagger UI contains images as `data:` URLs.
    private static var headers: HTTPFields {
        [
            .contentSecurityPolicy: """
            default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
            base-uri 'none'; form-action 'none'; frame-ancestors 'none'
            """,
            .referrerPolicy: "no-referrer",
        ]
    }

    /// Reads the files of the page and of Swagger UI.
    ///
    /// - Parameter swaggerUI: The path of the folder with the files of Swagger UI, which may be missing.
    init(swaggerUI: String) {
        let folders = [Bundle.module.resource("docs"), URL(filePath: swaggerUI)]
        files = folders.reduce(into: [:]) { files, folder in
            files.merge((try? StaticFile.files(in: folder, headers: Self.headers)) ?? [:]) { $1 }
        }
    }

    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        guard [.get, .head].contains(request.method), let name = fileName(request.uri.path), let file = files[name]
        else {
            return try await next(request, context)
        }
        let response = file.response(to: request)
        return request.method == .head ? response.createHeadResponse() : response
    }

    private func fileName(_ path: String) -> String? {
        if path == Self.path || path == "\(Self.path)/" { return "index.html" }
        return path.hasPrefix("\(Self.path)/") ? String(path.dropFirst(Self.path.count + 1)) : nil
    }
}
