import Foundation
public import Hummingbird
import Logging
public import ServiceLifecycle

/// What every service reads from its environment, whatever it does.
public struct ServiceSettings: Sendable {
    /// The service's own name, as tokens name it in `aud`.
    public let name: String
    /// The address to listen on.
    public let host: String
    /// The port to listen on; 0 lets the system choose.
    public let port: Int
    /// The origins whose pages may call this service; none when `CORS_ORIGINS` is `off`.
    public let origins: Set<String>
    /// Whether browsers may send cookies across origins.
    public let allowsCookies: Bool
    /// The folder with the files of Swagger UI.
    private let swaggerUI: String
    private let log: LogSettings

    /// Reads `HOST`, `PORT`, `CORS_ORIGINS`, `TOKEN_COOKIE`, `SWAGGER_UI`, `LOG_LEVEL` and `LOG_FORMAT`.
    public init(name: String, defaultPort: Int, _ settings: inout Settings) {
        self.name = name
        host = settings.string("HOST") ?? "127.0.0.1"
        port = settings.integer("PORT", default: defaultPort, in: 0...65535)
        let isClosed = settings.string("CORS_ORIGINS") == "off"
        origins = isClosed ? [] : Set(settings.list("CORS_ORIGINS", default: ["http://localhost:8080"]))
        allowsCookies = settings.toggle("TOKEN_COOKIE", default: false)
        swaggerUI = settings.string("SWAGGER_UI") ?? "swagger-ui"
        log = LogSettings(&settings)
        for origin in origins where !Self.isOrigin(origin) {
            settings.fault(
                "CORS_ORIGINS", "'\(origin)' is no origin; write it like https://shop.example, never *, or off for none"
            )
        }
    }

    private static func isOrigin(_ text: String) -> Bool {
        guard let scheme = ["http://", "https://"].first(where: text.hasPrefix) else { return false }
        let authority = text.dropFirst(scheme.count)
        return !authority.isEmpty && !authority.contains { "/?#@*".contains($0) }
    }

    /// A router with what stands before every route: metrics, request ids, cross-origin rules, error bodies, and the
    /// operations routes.
    ///
    /// - Parameter cookiePaths: The paths that pages of allowed origins may call with cookies, where they may not call all.
    public func router<Context: ServiceRequestContext>(
        context: Context.Type, readiness checks: [Readiness.Check], cookiePaths: Set<String> = []
    ) -> Router<Context> {
        let router = Router(context: context, options: .autoGenerateHeadEndpoints)
        router.add(middleware: RequestScopeMiddleware())
        router.add(middleware: MetricsMiddleware())
        router.add(
            middleware: CrossOriginMiddleware(origins: origins, cookies: allowsCookies ? .all : .only(cookiePaths)))
        router.add(middleware: AnswerMiddleware())
        router.addOperations(readiness: Readiness(checks: checks), metrics: .shared)
        return router
    }

    /// The application that serves `router`, as `description` tells, and runs `services` beside it; they are stopped after
    /// it, in reverse order. No route may be added afterwards.
    public func application<Context: ServiceRequestContext>(
        router: Router<Context>, description: OpenAPIDocument, services: [any Service]
    ) -> ServiceApplication<Context> {
        router.get("openapi.json") { _, _ in
            Response(
                status: .ok, headers: [.contentType: "application/json", .cacheControl: "no-cache"],
                body: .init(byteBuffer: ByteBuffer(bytes: description.json)))
        }
        let routes = router.known
        router.add(middleware: MethodNotAllowedMiddleware(routes: routes))
        DocumentationPages(swaggerUI: swaggerUI).add(to: router)

        var logger = Logger(label: name)
        logger.logLevel = log.level
        return ServiceApplication(
            routes: routes, description: description, responder: router.buildResponder(),
            server: .retainedHTTP1(
                configuration: .init(
                    idleTimeout: .seconds(Int64(Self.idleTimeoutSeconds)),
                    httpDecoderConfiguration: .init(
                        maxHeaderFieldSize: Self.maxHeaderBytes, maxHeaderListSize: Self.maxHeaderBytes,
                        maxHeaderFieldCount: Self.maxHeaderFields))),
            configuration: .init(address: .hostname(host, port: port), serverName: nil),
            services: services, logger: logger)
    }

    private static let idleTimeoutSeconds = 60
    private static let maxHeaderBytes = 16 << 10
    private static let maxHeaderFields = 100
}
