import JWT

/// The claims. All these tokens have a valid signature.
extension Check {
    private static let hour: Int64 = 3600

    /// RFC 7519 makes every claim optional; the profile for access tokens does not.
    private static let accessTokenRule = "RFC 9068 §2.2 (advice if typ is not at+jwt)"

    static let claims: [Check] = [
        claim("expired", "RFC 7519 §4.1.4", "a token that expired an hour ago") {
            $0.token(claims: ("exp", .integer($0.now.seconds - hour)), ("iat", .integer($0.now.seconds - 2 * hour)))
        },
        claim("exp-missing", accessTokenRule, "a token that does not expire") { $0.token(claims: ("exp", nil)) },
        claim("exp-string", "RFC 7519 §4.1.4", "an exp that is a string") {
            $0.token(claims: ("exp", .string("\($0.now.seconds + hour)")))
        },
        claim("exp-null", "RFC 7519 §4.1.4", "an exp that is null") { $0.token(claims: ("exp", .null)) },
        claim("exp-array", "RFC 7519 §4.1.4", "an exp that is an array") {
            $0.token(claims: ("exp", [.integer($0.now.seconds + hour)]))
        },
        .token("exp-huge", "RFC 7519 §4.1.4", "an exp of 1e400", expects: .noError, needs: .keys) {
            $0.token(claims: ("exp", .number("1e400")))
        },
        claim("exp-twice", "RFC 7519 §4", "exp twice, the last one an hour ago") {
            $0.token(payload: $0.claims(adding: #""exp":\#($0.now.seconds - hour)"#))
        },
        claim("not-yet-valid", "RFC 7519 §4.1.5", "a token that is valid in an hour") {
            $0.token(claims: ("nbf", .integer($0.now.seconds + hour)))
        },
        claim("nbf-string", "RFC 7519 §4.1.5", "an nbf that is a string") { $0.token(claims: ("nbf", "soon")) },
        claim("aud-other", "RFC 7519 §4.1.3", "another audience") { $0.token(claims: ("aud", "probe")) },
        claim("aud-suffix", "RFC 7519 §4.1.3", "audiences that only begin with the right name") { forge in
            let audiences = forge.claim("aud").map { $0.array ?? [$0] } ?? []
            let names = audiences.compactMap(\.string)
            return names.isEmpty ? nil : forge.token(claims: ("aud", .array(names.map { .string($0 + "x") })))
        },
        claim("aud-missing", "RFC 8725 §3.9", "no audience") { forge in
            forge.claim("aud").map { _ in forge.token(claims: ("aud", nil)) }
        },
        claim("aud-empty", "RFC 7519 §4.1.3", "an empty list of audiences") { $0.token(claims: ("aud", [])) },
        claim("aud-in-header", "RFC 7519 §5.3", "the audience in the header alone") { forge in
            forge.claim("aud").map { audience in
                forge.token(header: forge.header([("aud", audience)]), payload: forge.claims([("aud", nil)]))
            }
        },
        claim("iss-other", "RFC 8725 §3.8", "another issuer") {
            $0.token(claims: ("iss", "https://probe.example"))
        },
        claim("iss-missing", "RFC 8725 §3.8", "no issuer") { forge in
            forge.claim("iss").map { _ in forge.token(claims: ("iss", nil)) }
        },
        claim("iss-array", "RFC 7519 §4.1.1", "an issuer in an array") { forge in
            forge.claim("iss").map { forge.token(claims: ("iss", [$0])) }
        },
        claim("sub-missing", accessTokenRule, "no subject") { forge in
            forge.claim("sub").map { _ in forge.token(claims: ("sub", nil)) }
        },
        claim("sub-number", "RFC 7519 §4.1.2", "a subject that is a number") { $0.token(claims: ("sub", 7)) },
        claim("claims-array", "RFC 7519 §7.2", "claims in an array") { $0.token(payload: "[\($0.claims([]))]") },
        claim("claims-empty", "RFC 7519 §7.2", "no claims") { $0.token(payload: "") },
        claim("claims-trailing-text", "RFC 7519 §7.2", "claims with text after the JSON") {
            $0.token(payload: $0.claims([]) + "{}")
        },
        claim("claims-invalid-utf8", "RFC 7519 §7.2", "claims that are not UTF-8") { forge in
            forge.token(
                header: nil, payload: Array(forge.claims(adding: #""x":""#).utf8.dropLast()) + [0xFF, 0x22, 0x7D])
        },
        .token("claims-deep", "RFC 8259 §9", "claims nested 2,000 levels deep", expects: .noError, needs: .keys) {
            $0.token(payload: $0.claims(adding: #""x":"# + deep))
        },
    ]

    private static func claim(
        _ name: String, _ rule: String, _ summary: String, _ token: @escaping @Sendable (Forge) -> HostileToken?
    ) -> Check {
        .token(name, rule, summary, needs: .keys, token)
    }
}
