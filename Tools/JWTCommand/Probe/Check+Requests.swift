import HTTPTypes

/// The forms of a request: header fields, schemes, and other ways to send a token.
extension Check {
    static let requests: [Check] = [
        Check("no-token", "RFC 6750 §3", "no token", expects: .challenge) { _ in HostileRequest() },
        Check(
            "no-token-head", "RFC 9110 §9.3.2", "no token, with the method HEAD", expects: .rejectionOrNoMethod,
            needs: .get
        ) {
            _ in HostileRequest(method: .head)
        },
        .token("garbage", "RFC 6750 §3.1", "a text that is not a token", expects: .challenge) { $0.hostile("garbage") },
        Check("scheme-lowercase", "RFC 9110 §11.1", "the scheme in lower case", expects: .acceptance) { _ in
            HostileRequest(authorization: [[.text("bearer "), .goodToken]])
        },
        Check("scheme-missing", "RFC 6750 §2.1", "the token without a scheme") { _ in
            HostileRequest(authorization: [[.goodToken]])
        },
        Check("scheme-basic", "RFC 6750 §2.1", "the token with the scheme Basic") { _ in
            HostileRequest(authorization: [[.text("Basic "), .goodToken]])
        },
        Check("bearer-empty", "RFC 6750 §2.1", "the scheme without a token") { _ in
            HostileRequest(authorization: [[.text("Bearer")]])
        },
        Check("bearer-quoted", "RFC 6750 §2.1", "the token in quotation marks") { _ in
            HostileRequest(authorization: [[.text("Bearer \""), .goodToken, .text("\"")]])
        },
        Check("bearer-list", "RFC 6750 §2.1", "the token and another one, with a comma") { forge in
            HostileRequest(authorization: [
                [.text("Bearer "), .goodToken, .text(", Bearer "), .hostile(forge.token(signature: .unrelated))]
            ])
        },
        Check("bearer-trailing-text", "RFC 6750 §2.1", "the token with a word after it") { _ in
            HostileRequest(authorization: [[.text("Bearer "), .goodToken, .text(" x")]])
        },
        Check("two-fields-good-first", "RFC 9110 §5.3", "two Authorization fields, the first with the token") { forge in
            HostileRequest(authorization: [
                [.text("Bearer "), .goodToken], [.text("Bearer "), .hostile(forge.token(signature: .unrelated))],
            ])
        },
        Check("two-fields-good-last", "RFC 9110 §5.3", "two Authorization fields, the last with the token") { forge in
            HostileRequest(authorization: [
                [.text("Bearer "), .hostile(forge.token(signature: .unrelated))], [.text("Bearer "), .goodToken],
            ])
        },
        Check("query-access-token", "RFC 9700 §4.3.2", "the token in the query, as access_token") { _ in
            HostileRequest(query: [.text("access_token="), .goodToken])
        },
        Check("query-token", "RFC 9700 §4.3.2", "the token in the query, as token") { _ in
            HostileRequest(query: [.text("token="), .goodToken])
        },
        Check("cookie", "RFC 6750 §5.3", "the token in the cookies access_token, token and jwt") { _ in
            HostileRequest(cookie: [
                .text("access_token="), .goodToken, .text("; token="), .goodToken, .text("; jwt="), .goodToken,
            ])
        },
        Check("form-with-get", "RFC 6750 §2.2", "the token in the form of a GET request", needs: .get) { _ in
            HostileRequest(form: [.text("access_token="), .goodToken])
        },
        .token("reused-audience", "RFC 7519 §4.1.3", "a genuine token for another audience", needs: .otherToken) {
            forge in forge.otherToken.map { HostileToken(text: $0, isSecret: true) }
        },
    ]
}
