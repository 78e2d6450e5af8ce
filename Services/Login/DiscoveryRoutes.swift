import Hummingbird
import JWTAuth

/// `GET /.well-known/oauth-authorization-server`: the metadata of the authorization server (RFC 8414).
struct DiscoveryRoutes: Sendable {
    let issuer: String
    /// The grant types of the token endpoint.
    let grantTypes: [String]

    func add(to router: Router<AppRequestContext>) {
        let metadata = Metadata(issuer: issuer, grantTypes: grantTypes)
        router.get(".well-known/oauth-authorization-server") { _, _ in metadata }
    }

    /// The metadata of RFC 8414 §2.
    private struct Metadata: ResponseEncodable {
        let issuer: String
        let token_endpoint: String
        let revocation_endpoint: String
        let introspection_endpoint: String
        let scopes_supported = Scope.customer.union(.staff).names
        /// Empty, because there is no authorization endpoint.
        let response_types_supported: [String] = []
        let grant_types_supported: [String]
        /// Clients are public: they have no secret.
        let token_endpoint_auth_methods_supported = ["none"]
        let revocation_endpoint_auth_methods_supported = ["none"]

        init(issuer: String, grantTypes: [String]) {
            self.issuer = issuer
            grant_types_supported = grantTypes
            let base = issuer.hasSuffix("/") ? String(issuer.dropLast()) : issuer
            token_endpoint = base + "/token"
            revocation_endpoint = base + "/revoke"
            introspection_endpoint = base + "/introspect"
        }
    }
}
