import HTTPTypes
import Hummingbird
import JWTAuth
import ServiceRuntime

/// `POST /introspect` by a confidential client. Passes a request without the credentials of a client on to the route for
/// services, which send a bearer token.
struct ClientIntrospectionMiddleware: RouterMiddleware {
    let clients: ClientAuthenticator
    /// The response to a client.
    let respond: @Sendable (TokenParameters, Client) async throws -> Response

    func handle(
        _ request: Request, context: AppRequestContext,
        next: (Request, AppRequestContext) async throws -> Response
    ) async throws -> Response {
        let scheme = request.headers[.authorization].map { $0.prefix { $0 != " " }.lowercased() }
        guard scheme == nil || scheme == "basic" else { return try await next(request, context) }
        // Keep the body, because the route for services reads it again.
        var request = request
        _ = try? await request.collectBody(upTo: URLEncodedForm.maximumBytes)
        let parameters: TokenParameters
        do {
            parameters = try await TokenParameters(of: request)
        } catch {
            // Without credentials, a request is unauthorized, whatever its body.
            guard scheme == nil else { throw error }
            return try await next(request, context)
        }
        guard let client = try await clients.client(of: request, parameters, from: context) else {
            return try await next(request, context)
        }
        guard !client.isPublic else { throw OAuthError.invalidClient }
        return try await respond(parameters, client)
    }
}
