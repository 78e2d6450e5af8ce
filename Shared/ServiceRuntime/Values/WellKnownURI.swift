/// The address of a document about a server (RFC 8615).
///
/// If the identifier of the server has a path, the path follows the name of the document (RFC 8414 §3.1, RFC 9728
/// §3.1): `https://api.example/orders` has `https://api.example/.well-known/oauth-protected-resource/orders`.
public struct WellKnownURI: Sendable, Equatable {
    /// The path of the document at the server.
    public let path: String
    /// The whole address.
    public let text: String

    /// - Parameters:
    ///   - name: The registered name of the document, such as `oauth-protected-resource`.
    ///   - server: The identifier of the server: the text of a `CanonicalURL`.
    public init(_ name: String, of server: String) {
        let url = CanonicalURL(server)
        let serverPath = url?.path ?? ""
        path = "/.well-known/\(name)" + (serverPath.hasSuffix("/") ? serverPath.dropLast() : serverPath[...])
        text = (url?.origin ?? server) + path
    }
}
