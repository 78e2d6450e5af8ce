public import HTTPTypes
public import Hummingbird
public import HummingbirdCore
public import Logging
public import ServiceLifecycle

/// An application that knows what it offers: its routes, and how they are described.
public struct ServiceApplication<Context: ServiceRequestContext>: ApplicationProtocol
where Context.Source == ApplicationRequestContextSource {
    /// The routes of the service's router; those for `HEAD` that follow from `GET` are not among them.
    public let routes: [Route]
    /// What `GET /openapi.json` answers.
    public let description: OpenAPIDocument
    /// Answers requests.
    public let responder: RouterResponder<Context>
    /// Accepts connections.
    public let server: HTTPServerBuilder
    /// The address to listen on.
    public let configuration: ApplicationConfiguration
    /// The things that run beside the server.
    public let services: [any Service]
    /// Where lines are logged that belong to no request.
    public let logger: Logger
}

/// A method and the paths on which it is known.
public struct Route: Sendable, Hashable {
    /// The method.
    public let method: HTTPRequest.Method
    /// The template of the paths: `/products/{id}`.
    public let path: String

    /// Names a route.
    public init(method: HTTPRequest.Method, path: String) {
        self.method = method
        self.path = path
    }
}

extension Router {
    /// The routes that were added so far.
    var known: [Route] {
        routes.map { Route(method: $0.method, path: $0.path.description) }
    }
}
