import JWT

/// The decision of a service about a token, as lines of text.
struct ExplainedToken {
    /// One check with its result.
    struct Line: Equatable {
        enum Mark: String {
            case passed = "✓"
            case failed = "✗"
            case notReached = "-"
        }

        let mark: Mark
        let name: String
        let detail: String

        /// The line in the colours of a style. The detail may come from the token, so it is escaped.
        func text(_ style: TerminalStyle) -> String {
            let padded = name + String(repeating: " ", count: max(1, 12 - name.utf8.count))
            let text = "\(mark.rawValue) \(padded)\(detail.escapedForTerminal)"
            return switch mark {
            case .passed: style.success(mark.rawValue) + text.dropFirst()
            case .failed: style.warning(text)
            case .notReached: style.secondary(text)
            }
        }
    }

    let lines: [Line]
    /// The status of the response; nil when the service accepts the token.
    private let status: Int?

    var isAccepted: Bool { status == nil }

    /// - Parameter scope: The scope that the route requires; nil when it requires none.
    init(_ text: String, by verifier: Verifier, requiring scope: String?, at now: NumericDate) {
        let explanation = verifier.explain(text, at: now)
        let content = CheckedContent(text, policy: verifier.policy, now: now)
        var lines = Explanation.Check.allCases.map { check in
            switch explanation[check] {
            case .passed: Line(mark: .passed, name: check.name, detail: content.description(of: check))
            case .failed(let error):
                Line(mark: .failed, name: check.name, detail: error.description + content.comparison(for: check))
            case .notReached: Line(mark: .notReached, name: check.name, detail: "not checked")
            }
        }
        var status = explanation.error == nil ? nil : 401
        if let scope {
            let token = try? verifier.verify(text, at: now)
            let line = Self.line(forScope: scope, of: token)
            if line.mark == .failed { status = 403 }
            lines.append(line)
        }
        self.lines = lines
        self.status = status
    }

    private static func line(forScope scope: String, of token: VerifiedToken?) -> Line {
        guard let token else { return Line(mark: .notReached, name: "scope", detail: "not checked") }
        guard token.hasScope(scope) else {
            let scopes = token.scopes.isEmpty ? "none" : token.scopes.joined(separator: " ")
            return Line(mark: .failed, name: "scope", detail: "the route requires \(scope); the token has \(scopes)")
        }
        return Line(mark: .passed, name: "scope", detail: scope)
    }

    /// The last line of the output.
    func verdict(of service: String) -> String {
        switch status {
        case nil: "\(service) accepts this token, unless it is revoked."
        case let status?: "\(service) rejects this token with \(status)."
        }
    }
}

extension Explanation.Check {
    fileprivate var name: String {
        switch self {
        case .form: "form"
        case .algorithm: "algorithm"
        case .header: "header"
        case .key: "key"
        case .signature: "signature"
        case .payload: "payload"
        case .presence: "claims"
        case .issuer: "iss"
        case .audience: "aud"
        case .expiry: "exp"
        case .start: "nbf"
        }
    }
}
