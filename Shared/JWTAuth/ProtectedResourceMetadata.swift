public import Hummingbird
public import ServiceRuntime

/// `GET /.well-known/oauth-protected-resource`: the metadata of a service that accepts access tokens (RFC 9728).
///
/// A client that knows only the address of the service learns here which server issues tokens for it.
public struct ProtectedResourceMetadata: ResponseEncodable, Sendable {
    static let path = "/.well-known/oauth-protected-resource"

    let resource: String
    let authorization_servers: [String]
    let scopes_supported: [String]
    let bearer_methods_supported = ["header"]
    let resource_name: String

    /// Describes a service.
    ///
    /// - Parameters:
    ///   - description: The description of its API, which names the scopes of access tokens.
    ///   - issuer: The issuer of the access tokens.
    public init(of service: ServiceSettings, _ description: OpenAPIDocument, issuer: String) {
        resource = service.publicURL
        authorization_servers = [issuer]
        scopes_supported = description.scopes(of: "userToken")
        resource_name = "Hallpass \(service.name)"
    }

    /// Adds the route of the metadata.
    public func add(to router: Router<AppRequestContext>) {
        router.get(RouterPath(Self.path)) { _, _ in self }
    }
}
