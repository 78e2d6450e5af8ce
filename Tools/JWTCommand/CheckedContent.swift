import JWT

/// The values that the checks of a token are about, in words.
struct CheckedContent {
    private let token: InspectedToken?
    private let policy: Policy
    private let now: NumericDate

    init(_ text: String, policy: Policy, now: NumericDate) {
        token = try? InspectedToken(inspecting: text)
        self.policy = policy
        self.now = now
    }

    /// The demand of a check, and the value that meets it.
    func description(of check: Explanation.Check) -> String {
        switch check {
        case .form: "three parts of base64url, with a header in JSON"
        case .algorithm: header("alg") ?? "-"
        case .header: "typ \(header("typ") ?? "is missing and counts as JWT")"
        case .key: header("kid") ?? "no kid, so every key of the algorithm is tried"
        case .signature: "it matches the header and the payload"
        case .payload: "one JSON object, with claims of the right types"
        case .presence: policy.required.joined(separator: ", ")
        case .issuer: claim("iss") ?? "-"
        case .audience: claim("aud") ?? "-"
        case .expiry: date("exp") ?? "the token does not expire"
        case .start: date("nbf") ?? "none, so the token is valid at once"
        }
    }

    /// The difference between the demand of a failed check and the token, as the end of a sentence.
    func comparison(for check: Explanation.Check) -> String {
        switch check {
        case .algorithm: found(header("alg"))
        case .header: found(header("typ"), expected: policy.type)
        case .key: found(header("kid"))
        case .issuer: found(claim("iss"), expected: policy.issuers?.joined(separator: ", "))
        case .audience: found(claim("aud"), expected: policy.audience)
        case .expiry: date("exp").map { ": \($0)" } ?? ""
        case .start: date("nbf").map { ": \($0)" } ?? ""
        case .form, .signature, .payload, .presence: ""
        }
    }

    private func found(_ value: String?, expected: String? = nil) -> String {
        let found = value.map { "the token has \($0)" } ?? "the token has none"
        return "; " + [found, expected.map { "expected \($0)" }].compactMap { $0 }.joined(separator: ", ")
    }

    private func header(_ name: String) -> String? { token?.header[name].map(Self.text) }

    private func claim(_ name: String) -> String? { token?.payload[name].map(Self.text) }

    private func date(_ name: String) -> String? {
        token?.payload[name].flatMap(NumericDate.init).map { TimeDescription.phrase($0, now: now) }
    }

    /// A string without its quotation marks, and any other value as JSON.
    private static func text(_ value: JSONValue) -> String { value.string ?? value.text }
}
