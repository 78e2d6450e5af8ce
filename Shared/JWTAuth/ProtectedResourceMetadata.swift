public import Hummingbird
public import ServiceRuntime

/// `GET /.well-known/oauth-protected-resource`: the metadata of a service that accepts access tokens (RFC 9728).
///
/// A client that knows only the address of the service learns here which server issues tokens for it. If `PUBLIC_URL` has
/// a path, the document also has the address with that path (RFC 9728 §3.1).
public struct ProtectedResourceMetadata: ResponseEncodable, Sendable {
    private static let documentName = "oauth-protected-resource"

    let resource: String
    let authorization_servers: [String]
    /// Nil without scopes, because an empty list must be omitted (RFC 9728 §3.2).
    let scopes_supported: [String]?
    let bearer_methods_supported = ["header"]
    let resource_name: String

    /// Describes a service.
    ///
    /// - Parameters:
    ///   - scopes: The scopes that a client may ask for to use the service.
    ///   - issuer: The issuer of the access tokens.
    public init(of service: ServiceSettings, scopes: [String], issuer: String) {
        resource = service.publicURL
        authorization_servers = [issuer]
        scopes_supported = scopes.isEmpty ? nil : scopes
        resource_name = "Hallpass \(service.name)"
    }

    /// The address of the metadata of a service.
    static func url(of service: ServiceSettings) -> String {
        WellKnownURI(documentName, of: service.publicURL).text
    }

    /// Adds the routes of the metadata.
    public func add(to router: Router<AppRequestContext>) {
        router.getWellKnown(Self.documentName, of: resource) { _, _ in self }
    }
}
