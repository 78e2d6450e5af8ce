extension ProbeReport {
    /// The report as XML for CI systems: a test case for each check. A finding is a failure, an unknown outcome an error.
    var junit: String {
        let attributes =
            "name=\(Self.attribute("jwt probe \(target.url)")) tests=\"\(results.count + errors.count)\" "
            + "failures=\"\(count(.finding))\" errors=\"\(count(.unknown) + errors.count)\" skipped=\"\(count(.skipped))\""
        return
            (["<?xml version=\"1.0\" encoding=\"UTF-8\"?>", "<testsuite \(attributes)>"]
            + results.map(Self.testCase) + errors + ["</testsuite>", ""]).joined(separator: "\n")
    }

    /// The test case of the error; empty after a complete probe.
    private var errors: [String] {
        error.map { error in
            let message = Self.attribute(error.description)
            return ["  <testcase classname=\"jwt.probe\" name=\"probe\"><error message=\(message)/></testcase>"]
        } ?? []
    }

    private static func testCase(_ result: CheckResult) -> String {
        let title = "\(result.check.name): \(result.check.summary)"
        let opening = "  <testcase classname=\"jwt.probe\" name=\(attribute(title))"
        let text = escaped([result.check.rule, result.curl ?? ""].joined(separator: "\n"))
        let message = "message=\(attribute(result.message))"
        return switch result.outcome {
        case .held: opening + "/>"
        case .finding: opening + "><failure \(message)>\(text)</failure></testcase>"
        case .unknown: opening + "><error \(message)>\(text)</error></testcase>"
        case .skipped: opening + "><skipped \(message)/></testcase>"
        }
    }

    private static func attribute(_ text: String) -> String { "\"\(escaped(text))\"" }

    /// XML has no form for most control characters, so the terminal's escapes replace them.
    private static func escaped(_ text: String) -> String {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { String($0).escapedForTerminal }
        return [("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\"", "&quot;")].reduce(lines.joined(separator: "\n")) {
            $0.replacing($1.0, with: $1.1)
        }
    }
}
