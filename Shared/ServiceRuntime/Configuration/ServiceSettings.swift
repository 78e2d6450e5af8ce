import NIOCore

/// The settings that all services have.
public struct ServiceSettings: Sendable {
    /// The name of the service, which is also its audience in tokens (`aud`).
    public let name: String
    /// The address to listen on.
    public let host: String
    /// The port to listen on; with 0 the system chooses a free port.
    public let port: Int
    /// The address under which clients reach the service, which is its resource identifier (RFC 9728 §1.2).
    public let publicURL: String
    /// The origins whose pages may call the service; empty if `CORS_ORIGINS` is `off`.
    public let origins: Set<String>
    /// Whether pages of the allowed origins may send cookies.
    public let allowsCookies: Bool
    /// The path of the folder with the files of Swagger UI.
    let swaggerUI: String
    let log: LogSettings
    let traces: TraceSettings
    /// The limits of connections. Tests set smaller ones.
    var connectionLimits = ConnectionLimits()

    /// The maximum size of a request body, in bytes: 1 MiB, unless a service with small bodies sets less.
    public var maximumBodyBytes: Int {
        get { connectionLimits.maximumBodyBytes }
        set { connectionLimits.maximumBodyBytes = newValue }
    }

    /// Reads `HOST`, `PORT`, `PUBLIC_URL`, `CORS_ORIGINS`, `TOKEN_COOKIE`, `SWAGGER_UI`, `MAX_CONNECTIONS`,
    /// `MAX_CONNECTIONS_PER_NETWORK`, `LOG_LEVEL`, `LOG_FORMAT` and the variables `OTEL_*`.
    public init(name: String, defaultPort: Int, _ settings: inout Settings) {
        self.name = name
        host = Self.host(&settings)
        port = settings.integer("PORT", default: defaultPort, in: 0...65535)
        publicURL = settings.url("PUBLIC_URL", default: "http://localhost:\(port)")
        allowsCookies = settings.toggle("TOKEN_COOKIE", default: false)
        swaggerUI = settings.string("SWAGGER_UI") ?? "swagger-ui"
        connectionLimits.maximumConnections = settings.integer(
            "MAX_CONNECTIONS", default: connectionLimits.maximumConnections, in: 1...1_000_000)
        connectionLimits.maximumConnectionsPerNetwork = settings.integer(
            "MAX_CONNECTIONS_PER_NETWORK", default: connectionLimits.maximumConnectionsPerNetwork, in: 1...1_000_000)
        log = LogSettings(&settings)
        traces = TraceSettings(of: name, &settings)
        origins = Self.origins(&settings)
    }

    private static func host(_ settings: inout Settings) -> String {
        let host = settings.string("HOST") ?? "127.0.0.1"
        let isName = host.utf8.allSatisfy { $0.isASCIILetter || $0.isASCIIDigit || "-._".utf8.contains($0) }
        if !isName, (try? SocketAddress(ipAddress: host, port: 0)) == nil {
            settings.reject(
                "HOST", "'\(host)' is not an address; write an IP address or a host name alone, like 127.0.0.1 or ::1")
        }
        return host
    }

    private static func origins(_ settings: inout Settings) -> Set<String> {
        let items = settings.list("CORS_ORIGINS", default: ["http://localhost:8080"])
        guard items != ["off"] else { return [] }
        let origins = items.map { item -> String in
            if let url = CanonicalURL(item), url.path.isEmpty { return url.origin }
            let spelling = item.utf8.allSatisfy { $0 < 0x80 } ? "" : " with its host in ASCII (xn--…)"
            settings.reject(
                "CORS_ORIGINS",
                "'\(item)' is not an origin; write it like https://shop.example\(spelling), or off for none")
            return item
        }
        return Set(origins)
    }
}
