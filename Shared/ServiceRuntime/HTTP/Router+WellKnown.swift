public import Hummingbird

extension Router {
    /// Adds the route of a document about a server (RFC 8615), and a second one if the identifier of the server has a path.
    ///
    /// A proxy may remove the path before it passes a request on, so the route without it always exists.
    ///
    /// - Parameters:
    ///   - name: The registered name of the document.
    ///   - server: The identifier of the server: the text of a `CanonicalURL`.
    public func getWellKnown(
        _ name: String, of server: String,
        use handler: @Sendable @escaping (Request, Context) async throws -> some ResponseGenerator
    ) {
        let short = "/.well-known/\(name)"
        let long = WellKnownURI(name, of: server).path
        get(RouterPath(short), use: handler)
        if long != short { get(RouterPath(long), use: handler) }
    }
}
