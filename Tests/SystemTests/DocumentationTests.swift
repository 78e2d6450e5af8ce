import TestSupport
import Testing

@Suite(.enabled(if: ServiceName.exist(ServiceName.shop + [.compare]))) struct DocumentationTests {
    @Test(
        .timeLimit(.minutes(5)),
        arguments: [
            (
                "docs/walkthrough.md", ServiceName.standard,
                ["OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:4318", "OTEL_BSP_SCHEDULE_DELAY": "200"]
            ),
            ("docs/oauth.md", ServiceName.standard, [:]),
            ("docs/browser.md", ServiceName.standard, [:]),
            ("docs/calls.md", ServiceName.standard, [:]),
            ("docs/probe.md", ServiceName.standard, [:]),
            ("docs/attacks.md", ServiceName.allCases, Cluster.variablesForCompare),
            (
                "docs/other-languages.md", ServiceName.standard,
                ["TOKEN_AUDIENCES": "login catalog orders inbox wishlist"]
            ),
        ])
    func `every command in the documentation has the documented output`(
        path: String, services: [ServiceName], environment: [String: String]
    ) async throws {
        try await ExecutablePage(path).check(running: services, environment: environment)
    }

    @Test(arguments: [
        ("dana\n", "dana\n", true), ("dana\n", "dana", true), ("dana\n", "dave\n", false), ("dana\n", "", false),
        ("", "", true), ("", "dana\n", false), ("a\n", "a\nb\n", false), (#""id": "…","#, #""id": "1.5","#, true),
        (#""id": "…","#, #""id": 15,"#, false), ("a…\n", "a\nb\n", false), ("a\n…\nd\n", "a\nb\nc\nd\n", true),
        ("a\n…\nd\n", "a\nd\n", true), ("a\n…\nd\n", "a\nb\n", false), ("a.b\n", "axb\n", false),
        ("HTTP/1.1 401\n", "HTTP/1.1 401\r\n", true),
    ])
    func `the output of a command may differ from the page only at an ellipsis`(
        expected: String, output: String, matches: Bool
    ) throws {
        #expect(try ExecutablePage.Step(line: 1, commands: "", output: expected).expects(output) == matches)
    }
}
