import Foundation
public import Hummingbird
import Logging
public import ServiceLifecycle

extension ServiceSettings {
    /// Creates a router with the middleware and the operations routes that all services have.
    ///
    /// The middleware provides traces, request ids, metrics, common header fields, CORS, the request log and error responses.
    ///
    /// - Parameters:
    ///   - context: The type of the request contexts.
    ///   - checks: The checks that `GET /readyz` runs.
    ///   - cookiePaths: The paths that pages of other allowed origins may call with cookies even if `allowsCookies` is false.
    public func router<Context: ServiceRequestContext>(
        context: Context.Type, readiness checks: [Readiness.Check], cookiePaths: Set<String> = []
    ) -> Router<Context> {
        let cookies: CookiePaths = allowsCookies ? .all : .only(cookiePaths)
        let router = Router(context: context, options: .autoGenerateHeadEndpoints)
        router.add(middleware: RequestTraceMiddleware(beginsTraces: traces.exporter != nil))
        router.add(middleware: RequestMiddleware(origins: origins, cookies: cookies))
        router.addOperations(readiness: Readiness(checks: checks), metrics: .shared)
        return router
    }

    /// The connections that wait to be accepted (listen(2)). The kernel drops further ones, and their clients try again after one
    /// and three seconds. An overloaded service should rather accept them and reject their requests.
    private static let maximumWaitingConnections = 4096

    /// Creates the application of a service. Do not add routes to the router afterwards.
    ///
    /// - Parameters:
    ///   - router: The router with all routes of the service.
    ///   - description: The document that `GET /openapi.json` returns.
    ///   - readDelay: How long reads of the service's database wait, by which `AdmissionLimit` notices an overload.
    ///   - services: The services that run beside the server. The application stops them after the server, in reverse
    ///     order.
    ///   - beforeListening: Called when the services have started. The server accepts connections when it has ended.
    ///   - onShutdown: Called, possibly several times, when the shutdown begins and connections are open. It ends the waits
    ///     of handlers, for which the server would wait otherwise.
    public func application<Context: ServiceRequestContext>(
        router: Router<Context>, description: OpenAPIDocument,
        readDelay: @escaping @Sendable () -> Duration = { .zero }, services: [any Service],
        beforeListening: @escaping @Sendable () async -> Void = {},
        onShutdown: @escaping @Sendable () -> Void = {}
    ) -> ServiceApplication<Context> {
        let file = StaticFile(description.json, contentType: "application/json")
        router.get("openapi.json") { request, _ in file.response(to: request) }
        let routes = router.known
        router.add(middleware: MethodNotAllowedMiddleware(routes: routes))
        router.add(middleware: DocumentationMiddleware(swaggerUI: swaggerUI))

        var logger = Logger(label: name)
        logger.logLevel = log.level
        var connectionLimits = connectionLimits
        if FileDescriptors.maximumConnections < connectionLimits.maximumConnections {
            connectionLimits.maximumConnections = FileDescriptors.maximumConnections
            logger.warning(
                "The limit of open files allows fewer connections than MAX_CONNECTIONS. Raise it with ulimit -n.",
                metadata: ["connections": "\(connectionLimits.maximumConnections)"])
        }
        let responder = router.buildResponder()
        return ServiceApplication(
            routes: routes, description: description, responder: responder,
            server: .guardedHTTP1(responder, limits: connectionLimits, readDelay: readDelay, onShutdown: onShutdown),
            configuration: .init(
                address: .hostname(host, port: port), serverName: nil, backlog: Self.maximumWaitingConnections),
            services: services, processesRunBeforeServerStart: [beforeListening], logger: logger)
    }
}
