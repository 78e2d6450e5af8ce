import Hummingbird
import JWTAuth
import ServiceRuntime

/// A mechanism that asks login who sends a request, each time.
protocol LoginMechanism: Mechanism where Context == NamedCallerRequestContext {
    /// The id of the account that sends a request.
    ///
    /// - Parameter peerAddress: The IP address of the peer; nil without a socket.
    /// - Throws: `Problem` with 400, 401 or 403 for credentials that are not accepted, with 503 when login does not
    ///   tell.
    func account(of request: Request, from peerAddress: String?) async throws -> String
}

extension LoginMechanism {
    func protect(_ group: RouterGroup<AppRequestContext>) -> RouterGroup<NamedCallerRequestContext> {
        group.group(context: UnknownCallerRequestContext.self)
            .add(middleware: LoginMechanismMiddleware(mechanism: self))
            .group(context: NamedCallerRequestContext.self)
    }
}

/// Adds the account that sends a request to the context, or rejects the request.
private struct LoginMechanismMiddleware<Asking: LoginMechanism>: RouterMiddleware {
    let mechanism: Asking

    func handle(
        _ request: Request, context: UnknownCallerRequestContext,
        next: (Request, UnknownCallerRequestContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        context.account = try await mechanism.account(of: request, from: context.peerAddress)
        return try await next(request, context)
    }
}
