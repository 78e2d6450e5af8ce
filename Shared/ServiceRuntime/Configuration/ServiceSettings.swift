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
    /// The limits of connections. Tests set smaller ones.
    var connectionLimits = ConnectionLimits()

    /// Reads `HOST`, `PORT`, `PUBLIC_URL`, `CORS_ORIGINS`, `TOKEN_COOKIE`, `SWAGGER_UI`, `LOG_LEVEL` and `LOG_FORMAT`.
    public init(name: String, defaultPort: Int, _ settings: inout Settings) {
        self.name = name
        host = settings.string("HOST") ?? "127.0.0.1"
        port = settings.integer("PORT", default: defaultPort, in: 0...65535)
        publicURL = settings.url("PUBLIC_URL", default: "http://localhost:\(port)")
        let isClosed = settings.string("CORS_ORIGINS") == "off"
        origins = isClosed ? [] : Set(settings.list("CORS_ORIGINS", default: ["http://localhost:8080"]))
        allowsCookies = settings.toggle("TOKEN_COOKIE", default: false)
        swaggerUI = settings.string("SWAGGER_UI") ?? "swagger-ui"
        log = LogSettings(&settings)
        for origin in origins.sorted() where !Self.isOrigin(origin) {
            settings.reject(
                "CORS_ORIGINS", "'\(origin)' is not an origin; write it like https://shop.example, or off for none")
        }
    }

    private static func isOrigin(_ text: String) -> Bool {
        guard let scheme = ["http://", "https://"].first(where: text.hasPrefix) else { return false }
        let authority = text.dropFirst(scheme.count)
        return !authority.isEmpty && !authority.contains { "/?#@*".contains($0) }
    }
}
