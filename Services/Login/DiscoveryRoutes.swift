import Hummingbird
import JWTAuth
import ServiceRuntime

/// `GET /.well-known/oauth-authorization-server`: the metadata of the authorization server (RFC 8414). If the issuer has a
/// path, the document also has the address with that path (RFC 8414 §3.1).
struct DiscoveryRoutes: Sendable {
    let issuer: String
    /// The grant types of the token endpoint.
    let grantTypes: [String]
    let services: ServiceDirectory

    func add(to router: Router<AppRequestContext>) {
        let metadata = Metadata(issuer: issuer, grantTypes: grantTypes, services: services)
        router.getWellKnown("oauth-authorization-server", of: issuer) { _, _ in metadata }
    }

    /// The metadata of RFC 8414 §2, RFC 9207 §3 and RFC 9728 §4.
    private struct Metadata: ResponseEncodable {
        let issuer: String
        let authorization_endpoint: String
        let token_endpoint: String
        let revocation_endpoint: String
        let introspection_endpoint: String
        let scopes_supported = Scope.customer.union(.staff).names
        let response_types_supported = ["code"]
        let response_modes_supported = ["query"]
        let grant_types_supported: [String]
        let code_challenge_methods_supported = ["S256"]
        let token_endpoint_auth_methods_supported = ["client_secret_basic", "client_secret_post", "none"]
        let revocation_endpoint_auth_methods_supported = ["client_secret_basic", "client_secret_post", "none"]
        let introspection_endpoint_auth_methods_supported = ["client_secret_basic", "client_secret_post"]
        let authorization_response_iss_parameter_supported = true
        let protected_resources: [String]

        init(issuer: String, grantTypes: [String], services: ServiceDirectory) {
            self.issuer = issuer
            grant_types_supported = grantTypes
            protected_resources = services.names.compactMap { services.addresses[$0] }
            let base = issuer.hasSuffix("/") ? String(issuer.dropLast()) : issuer
            authorization_endpoint = base + AuthorizationRequestReader.path
            token_endpoint = base + "/token"
            revocation_endpoint = base + "/revoke"
            introspection_endpoint = base + "/introspect"
        }
    }
}
