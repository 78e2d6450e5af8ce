import Foundation
import HTTPTypes
import JWT
import JWTAuth
import ServiceRuntime
import TestSupport

/// A program with the key file of a cluster. It signs any token, without login.
struct SecretHolder: Sendable {
    let keys: KeySet

    init(_ cluster: Cluster) throws {
        let file = cluster.directory.appending(path: "secrets/jwt.json")
        keys = try KeySet(jwkSet: Array(try Data(contentsOf: file)))
    }

    /// An access token with the claims of another one, of which `changes` replaces some. A nil removes the claim.
    func token(like original: String, _ changes: [String: JSONValue?] = [:], typ: String = TokenType.access.typ) throws
        -> String
    {
        let claims = try InspectedToken(inspecting: original).payload.members ?? []
        let kept = claims.filter { changes[$0.name] == nil }
        let changed = changes.sorted { $0.key < $1.key }.compactMap { name, value in
            value.map { JSONValue.Member(name, $0) }
        }
        return try Signer(keys: keys, type: typ).sign(.object(kept + changed))
    }

    /// A service token for one request.
    func serviceToken(
        from caller: String, to service: ServiceName, scopes: [String], _ method: HTTPRequest.Method, _ path: String
    ) throws -> String {
        try issuer(caller).token(
            for: service.rawValue, scope: scopes.joined(separator: " "), method: method, path: path)
    }

    /// A link token of a service for one path.
    func linkToken(of service: ServiceName, for account: String, to path: String) throws -> String {
        let now = NumericDate(Date())
        let claims = Claims(
            issuer: service.rawValue, subject: account, audience: [service.rawValue],
            expiresAt: TokenType.link.expiry(issuedAt: now), issuedAt: now, id: UUID().lowercase,
            sessionID: UUID().lowercase, queryHash: RequestHash.of(method: "GET", path: path, query: nil))
        return try TokenType.link.signer(keys: keys).sign(claims)
    }

    private func issuer(_ name: String) -> ServiceTokenIssuer {
        ServiceTokenIssuer(issuer: name, keys: KeySource(keys), clock: .system)
    }
}
