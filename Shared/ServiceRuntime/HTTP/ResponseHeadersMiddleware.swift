public import HTTPTypes
import Hummingbird

/// Adds the header fields that every response has unless it has its own.
///
/// - `Cache-Control: no-store`: most responses belong to one account or describe an error. A response that caches may keep says
///   so itself.
/// - `X-Content-Type-Options: nosniff`: browsers do not guess the media type.
/// - `Vary: Cookie` on responses that must not be stored, if a cookie may identify the caller (RFC 9110 §12.5.5).
struct ResponseHeadersMiddleware<Context: RequestContext>: RouterMiddleware {
    let cookies: CookiePaths

    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        var response = try await next(request, context)
        for field in HTTPFields.private where response.headers[field.name] == nil { response.headers.append(field) }
        if cookies.contains(request.uri.path), response.headers[.cacheControl] == "no-store" {
            response.headers.vary(by: .cookie)
        }
        return response
    }
}

extension HTTPFields {
    /// The fields of a response that no cache may store and whose media type no browser may guess.
    static let `private`: HTTPFields = [.cacheControl: "no-store", .xContentTypeOptions: "nosniff"]

    /// Adds a field name to `Vary` once (RFC 9110 §12.5.5).
    public mutating func vary(by name: HTTPField.Name) {
        let names = self[values: .vary].joined(separator: ",").split { $0 == "," || $0 == " " }
        guard !names.contains(where: { $0.lowercased() == name.canonicalName }) else { return }
        append(HTTPField(name: .vary, value: name.rawName))
    }
}
