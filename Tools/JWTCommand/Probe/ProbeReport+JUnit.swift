import FoundationEssentials

extension ProbeReport {
    /// The report as XML for CI systems, with the elements and attributes that the schema of Ant's JUnit task demands: a test
    /// case for each check. A finding is a failure, an unknown outcome an error.
    var junit: String {
        let duration = results.reduce(Duration.zero) { $0 + $1.duration }
        let attributes: KeyValuePairs = [
            "name": "jwt probe \(target.url)", "timestamp": "\(start.ISO8601Format().dropLast())",
            "hostname": "localhost", "tests": "\(results.count + errors.count)", "failures": "\(count(.finding))",
            "errors": "\(count(.unknown) + errors.count)", "skipped": "\(count(.skipped))",
            "time": Self.seconds(duration),
        ]
        let suite =
            [Self.element("properties")] + results.map(Self.testCase) + errors
            + [Self.element("system-out"), Self.element("system-err")]
        return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            + Self.element("testsuite", attributes, "\n" + suite.joined(separator: "\n") + "\n") + "\n"
    }

    /// The test case of the error; empty after a complete probe.
    private var errors: [String] {
        error.map { error in
            [
                Self.testCase(
                    "probe", .zero, Self.element("error", ["message": error.description, "type": error.code]))
            ]
        } ?? []
    }

    private static func testCase(_ result: CheckResult) -> String {
        let text = escaped([result.check.rule, result.curl ?? ""].joined(separator: "\n"))
        let message = result.message
        let outcome =
            switch result.outcome {
            case .held: ""
            case .finding: element("failure", ["message": message, "type": result.check.rule], text)
            case .unknown: element("error", ["message": message, "type": result.outcome.rawValue], text)
            case .skipped: element("skipped", ["message": message])
            }
        return testCase("\(result.check.name): \(result.check.summary)", result.duration, outcome)
    }

    private static func testCase(_ name: String, _ duration: Duration, _ content: String) -> String {
        element("testcase", ["classname": "jwt.probe", "name": name, "time": seconds(duration)], content)
    }

    private static func element(
        _ name: String, _ attributes: KeyValuePairs<String, String> = [:], _ content: String = ""
    ) -> String {
        let start = name + attributes.map { " \($0.key)=\"\(escaped($0.value))\"" }.joined()
        return content.isEmpty ? "<\(start)/>" : "<\(start)>\(content)</\(name)>"
    }

    /// Seconds with three decimals.
    private static func seconds(_ duration: Duration) -> String {
        let milliseconds = duration.components.seconds * 1000 + duration.components.attoseconds / 1_000_000_000_000_000
        let rest = "\(1000 + milliseconds % 1000)".dropFirst()
        return "\(milliseconds / 1000).\(rest)"
    }

    /// XML has no form for most control characters and for U+FFFE and U+FFFF, so the escapes of JSON replace them.
    private static func escaped(_ text: String) -> String {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { String($0).escapedForTerminal }
        return lines.joined(separator: "\n").escapingScalars([
            "&": "&amp;", "<": "&lt;", ">": "&gt;", "\"": "&quot;", "\u{FFFE}": "\\ufffe", "\u{FFFF}": "\\uffff",
        ])
    }
}
