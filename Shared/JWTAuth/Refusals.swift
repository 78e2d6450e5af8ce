import HTTPTypes
import ServiceRuntime

/// The refusals at the door (RFC 6750 §3). 401 is "who are you", 403 is "you may not".
extension Problem {
    /// 400: the request carries its token in a way that cannot be read.
    static func malformedCredentials(_ detail: String) -> Problem {
        .badRequest(detail)
    }

    /// 401: the route wants a token and none came.
    static func missingToken(realm: String) -> Problem {
        Problem(
            .unauthorized, code: "missing_token", detail: "Send an access token: Authorization: Bearer <token>.",
            headers: [.wwwAuthenticate: "Bearer realm=\"\(realm)\""])
    }

    /// 401: the token is refused. Callers learn of expiry; every other reason stays in the log.
    static func invalidToken(realm: String, expired: Bool) -> Problem {
        let detail = expired ? "The token has expired." : "The token is not valid here."
        return Problem(
            .unauthorized, code: expired ? "token_expired" : "invalid_token", detail: detail,
            headers: [
                .wwwAuthenticate: "Bearer realm=\"\(realm)\", error=\"invalid_token\", error_description=\"\(detail)\""
            ])
    }

    /// 403: the token is good, but not for this.
    static func insufficientScope(realm: String, missing scope: String) -> Problem {
        Problem(
            .forbidden, code: "insufficient_scope", detail: "This needs the scope \(scope).",
            headers: [
                .wwwAuthenticate: "Bearer realm=\"\(realm)\", error=\"insufficient_scope\", scope=\"\(scope)\""
            ], extensions: ["scope": scope])
    }
}
