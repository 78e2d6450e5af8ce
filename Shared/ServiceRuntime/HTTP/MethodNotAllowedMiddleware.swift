import HTTPTypes
import Hummingbird

/// Responds to requests whose path has routes, but no route for their method (RFC 9110 §9.3.7 and §15.5.6).
///
/// The response to `OPTIONS` is 204, also for the target `*`, which means the whole service. The response to any other
/// method is 405. Both responses have the field `Allow`. The middleware is added after all routes, so it receives only
/// requests that match no route.
struct MethodNotAllowedMiddleware<Context: RequestContext>: RouterMiddleware {
    private struct KnownPath {
        let segments: [Substring]
        let allow: String

        func matches(_ path: [Substring]) -> Bool {
            segments.count == path.count
                && zip(segments, path).allSatisfy { $0.hasPrefix("{") || $0.utf8.elementsEqual($1.utf8) }
        }
    }

    private let paths: [KnownPath]
    /// The methods of all paths.
    private let allow: String

    init(routes: [Route]) {
        let methods = Dictionary(grouping: routes, by: \.path).mapValues { Set($0.map(\.method)) }
        allow = Set(routes.map(\.method)).union([.head, .options]).map(\.rawValue).sorted().joined(separator: ", ")
        paths = methods.map { path, methods in
            let implied: Set<HTTPRequest.Method> = methods.contains(.get) ? [.head, .options] : [.options]
            let allow = methods.union(implied).map(\.rawValue).sorted().joined(separator: ", ")
            return KnownPath(segments: path.split(separator: "/"), allow: allow)
        }
        // Put paths with fewer parameters first, because the router also prefers literal segments to parameters.
        .sorted { $0.segments.count { $0.hasPrefix("{") } < $1.segments.count { $0.hasPrefix("{") } }
    }

    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        if request.method == .options, request.head.path == "*" {
            return Response(status: .noContent, headers: [.allow: allow])
        }
        let segments = request.uri.path.split(separator: "/")
        guard let path = paths.first(where: { $0.matches(segments) }) else { return try await next(request, context) }
        if request.method == .options { return Response(status: .noContent, headers: [.allow: path.allow]) }
        throw Problem(
            .methodNotAllowed, code: "method_not_allowed", detail: "This path supports the methods \(path.allow).",
            headers: [.allow: path.allow])
    }
}
