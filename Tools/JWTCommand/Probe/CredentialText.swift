/// A text with a token in it, such as the value of a header field: as the probe sends it, and as a shell writes it.
struct CredentialText: ExpressibleByArrayLiteral {
    enum Part {
        case text(String)
        case goodToken
        case hostile(HostileToken)
    }

    let parts: [Part]

    init(arrayLiteral parts: Part...) { self.parts = parts }

    /// The text that is sent.
    func sent(goodToken: String) -> String {
        parts.map { part in
            switch part {
            case .text(let text): text
            case .goodToken: goodToken
            case .hostile(let token): token.text
            }
        }.joined()
    }

    /// The hostile token of the text; nil if the text has no token.
    var hostileToken: HostileToken? {
        for case .hostile(let token) in parts { return token }
        return nil
    }

    /// The text inside of the double quotes of a shell (POSIX §2.2.3). The good token is the variable `TOKEN`. A token that
    /// is secret or long is the output of `command`.
    func inDoubleQuotes(printing command: String) -> String {
        parts.map { part in
            switch part {
            case .text(let text): text.escapedForDoubleQuotes
            case .goodToken: "$TOKEN"
            case .hostile(let token) where token.isSecret || token.text.utf8.count > Self.maximumShownBytes:
                "$(\(command))"
            case .hostile(let token): token.text.escapedForDoubleQuotes
            }
        }.joined()
    }

    private static let maximumShownBytes = 2000
}

extension String {
    fileprivate var escapedForDoubleQuotes: String {
        escapingScalars(["\\": #"\\"#, "\"": #"\""#, "$": #"\$"#, "`": #"\`"#])
    }

    /// The text as one word of a shell.
    var quotedForShell: String {
        let isPlain = !isEmpty && utf8.allSatisfy(Self.plainBytes.contains)
        return isPlain ? self : "'" + escapingScalars(["'": #"'\''"#]) + "'"
    }

    /// The text with these scalars replaced. A character may be one of them with a combining mark, which ends a quoted text as
    /// the scalar alone does.
    func escapingScalars(_ replacements: [Unicode.Scalar: String]) -> String {
        unicodeScalars.reduce(into: "") { text, scalar in
            if let replacement = replacements[scalar] {
                text += replacement
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
    }

    private static let plainBytes = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:/.,_+-@%".utf8)
}
