public import Hummingbird
public import HummingbirdCore
public import Logging
public import NIOCore
public import ServiceLifecycle

/// An application together with its routes and its OpenAPI document.
public struct ServiceApplication<Context: ServiceRequestContext>: ApplicationProtocol
where Context.Source == ApplicationRequestContextSource {
    /// The routes of the service's router, without the `HEAD` routes that the router derives from `GET` routes.
    public let routes: [Route]
    /// The document that `GET /openapi.json` returns.
    public let description: OpenAPIDocument
    /// Responds to requests.
    public let responder: RouterResponder<Context>
    /// Accepts connections.
    public let server: HTTPServerBuilder
    /// The address to listen on.
    public let configuration: ApplicationConfiguration
    /// The services that run beside the server.
    public let services: [any Service]
    /// Run in this order before the server accepts connections, while the services run.
    public var processesRunBeforeServerStart: [@Sendable () async throws -> Void] = []
    /// The logger for lines that belong to no request.
    public let logger: Logger

    /// The connections that the server accepts before it works on those that are open. SwiftNIO accepts four. An overloaded
    /// service looks for new connections so seldom that their requests would wait for seconds, where nothing can reject them.
    static var maximumConnectionsInARow: UInt { 128 }

    /// Lets the server accept many connections at once. Hummingbird calls this when it listens.
    public func onServerRunning(_ channel: any Channel) async {
        do {
            try await channel.setOption(.maxMessagesPerRead, value: Self.maximumConnectionsInARow).get()
        } catch {
            logger.warning("The server accepts few connections at once.", metadata: ["error": "\(error)"])
        }
    }
}
