import HTTPTypes
public import ServiceRuntime

/// The responses to requests whose bearer token is missing or rejected (RFC 6750 §3).
extension Problem {
    /// 401: the route requires a token, and the request carries none.
    static func missingToken(_ challenge: BearerChallenge) -> Problem {
        Problem(
            .unauthorized, code: "missing_token", detail: "Send an access token: Authorization: Bearer <token>.",
            headers: [.wwwAuthenticate: challenge.text()])
    }

    /// 401: the token is rejected. The response says whether the token has expired. Only the log states any other
    /// reason.
    static func invalidToken(_ challenge: BearerChallenge, expired: Bool) -> Problem {
        let detail = expired ? "The token has expired." : "The token is not valid here."
        return Problem(
            .unauthorized, code: expired ? "token_expired" : "invalid_token", detail: detail,
            headers: [
                .wwwAuthenticate: challenge.text(error: "invalid_token", ["error_description": detail])
            ])
    }

    /// 403: the token is valid, but does not allow `scope`.
    ///
    /// - Parameters:
    ///   - scope: The names that the token lacks, with spaces between them.
    ///   - detail: What to do next; nil for a sentence that names the scope.
    public static func insufficientScope(
        _ challenge: BearerChallenge, missing scope: String, detail: String? = nil
    ) -> Problem {
        Problem(
            .forbidden, code: "insufficient_scope", detail: detail ?? "This request requires the scope \(scope).",
            headers: [.wwwAuthenticate: challenge.text(error: "insufficient_scope", ["scope": scope])],
            extensions: ["scope": scope])
    }

    /// 403: the token belongs to a client that acts as itself, and the request is about the rows of an account.
    static let accountRequired = Problem(
        .forbidden, code: "account_required",
        detail: "This request is about the data of an account. Send a token that an account has allowed.")

    /// 403: the token was issued to a registered client, which may not use the route.
    static let firstPartyOnly = Problem(
        .forbidden, code: "first_party_only",
        detail: "Only tokens that login issues without a registered client may do this. Do it on login's pages.")
}
