import JWT
import JWTAuth
import ServiceRuntime

extension APIToken {
    /// The introspection response for an active API token (RFC 7662 §2.2).
    ///
    /// - Parameter issuer: The issuer of this service, in `iss`.
    func introspection(issuer: String) -> JSONValue {
        let expiry = expiresAt.map { [JSONValue.Member("exp", .integer(NumericDate($0).seconds))] } ?? []
        return .object(
            [
                .init("active", true), .init("token_type", "Token"), .init("scope", .string(scope.text)),
                .init("username", .string(username)), .init("sub", .string(accountID.lowercase)),
                .init("iss", .string(issuer)), .init("jti", .string(id.lowercase)),
                .init("iat", .integer(NumericDate(createdAt).seconds)),
            ] + expiry)
    }
}
