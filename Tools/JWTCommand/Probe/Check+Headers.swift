import JWT

/// The header as JSON, and the parameters `crit`, `b64`, `typ` and `cty`.
///
/// With the service's key, the signatures are valid, so only the rule can reject the token. Without the key, the checks
/// show whether an unusual header causes an error.
extension Check {
    static let headers: [Check] = [
        added("crit-unknown", "RFC 7515 §4.1.11", "crit with an unknown extension", #""crit":["probe"],"probe":1"#),
        added("crit-empty", "RFC 7515 §4.1.11", "an empty crit", #""crit":[]"#),
        added("crit-string", "RFC 7515 §4.1.11", "a crit that is a string", #""crit":"exp""#),
        added("crit-b64", "RFC 7797 §7", "an unencoded payload", #""crit":["b64"],"b64":false"#),
        added("duplicate-alg", "RFC 7515 §4", "alg twice, the last one none", #""alg":"none""#),
        .token("header-empty", "RFC 7515 §5.2", "an empty header") { $0.token(header: "") },
        .token("header-array", "RFC 7515 §4", "a header that is an array") { forge in
            forge.token(header: "[\(forge.header([]))]")
        },
        .token("header-invalid-json", "RFC 7515 §5.2", "a header that is not JSON") {
            $0.token(header: $0.header([]).dropLast() + ",")
        },
        .token("header-invalid-utf8", "RFC 7515 §5.2", "a header that is not UTF-8") { forge in
            forge.token(
                header: Array(forge.header(adding: #""x":""#).utf8.dropLast()) + [0xFF, 0x22, 0x7D], payload: nil)
        },
        .token("header-trailing-text", "RFC 7515 §5.2", "a header with text after the JSON") {
            $0.token(header: $0.header([]) + "{}")
        },
        .token("header-deep", "RFC 8259 §9", "a header nested 2,000 levels deep", expects: .noError) {
            $0.token(header: $0.header(adding: #""x":"# + deep))
        },
        .token("typ-other", "RFC 8725 §3.11", "another typ", needs: .keys) {
            $0.token(header: $0.header([("typ", "logout+jwt")]))
        },
        .token("typ-number", "RFC 7515 §4.1.9", "a typ that is a number") { $0.token(header: $0.header([("typ", 7)])) },
        .token("nested", "RFC 7519 §5.2", "the token inside of another one", needs: .keys) { forge in
            forge.token(header: forge.header([("cty", "JWT")]), payload: forge.goodToken)
        },
    ]

    static let deep = String(repeating: "[", count: 2000) + String(repeating: "]", count: 2000)

    private static func added(_ name: String, _ rule: String, _ summary: String, _ members: String) -> Check {
        .token(name, rule, summary) { $0.token(header: $0.header(adding: members)) }
    }
}
