import HTTPTypes
import ServiceRuntime

/// The responses to requests whose bearer token is missing or rejected (RFC 6750 §3).
extension Problem {
    /// 401: the route requires a token, and the request carries none.
    static func missingToken(realm: String) -> Problem {
        Problem(
            .unauthorized, code: "missing_token", detail: "Send an access token: Authorization: Bearer <token>.",
            headers: [.wwwAuthenticate: "Bearer realm=\"\(realm)\""])
    }

    /// 401: the token is rejected. The response says whether the token has expired. Only the log states any other
    /// reason.
    static func invalidToken(realm: String, expired: Bool) -> Problem {
        let detail = expired ? "The token has expired." : "The token is not valid here."
        return Problem(
            .unauthorized, code: expired ? "token_expired" : "invalid_token", detail: detail,
            headers: [
                .wwwAuthenticate: "Bearer realm=\"\(realm)\", error=\"invalid_token\", error_description=\"\(detail)\""
            ])
    }

    /// 403: the token is valid, but does not allow `scope`.
    static func insufficientScope(realm: String, missing scope: String) -> Problem {
        Problem(
            .forbidden, code: "insufficient_scope", detail: "This request requires the scope \(scope).",
            headers: [
                .wwwAuthenticate: "Bearer realm=\"\(realm)\", error=\"insufficient_scope\", scope=\"\(scope)\""
            ], extensions: ["scope": scope])
    }
}
