import TestSupport
import Testing

@Suite struct `The documentation is true` {
    @Test(
        .timeLimit(.minutes(5)),
        arguments: [
            ("docs/walkthrough.md", [:]),
            ("docs/browser.md", [:]),
            ("docs/other-languages.md", ["TOKEN_AUDIENCES": "login catalog orders inbox wishlist"]),
        ])
    func `every command gives the response that stands below it`(
        path: String, environment: [String: String]
    ) async throws {
        let page = try ExecutablePage(path)
        #expect(page.steps.count >= 5)
        try await withCluster(environment: environment) { cluster in
            let answers = try await page.run(in: cluster)
            #expect(answers.count == page.steps.count)
            for (step, response) in zip(page.steps, answers) where try !step.expects(response) {
                Issue.record("\(path):\(step.line) does not response what the page says, but:\n\(response)")
            }
        }
    }

    @Test(arguments: [
        ("dana\n", "dana\n", true), ("dana\n", "dana", true), ("dana\n", "dave\n", false), ("dana\n", "", false),
        ("", "", true), ("", "dana\n", false), ("a\n", "a\nb\n", false), (#""id": "…","#, #""id": "1.5","#, true),
        (#""id": "…","#, #""id": 15,"#, false), ("a…\n", "a\nb\n", false), ("a\n…\nd\n", "a\nb\nc\nd\n", true),
        ("a\n…\nd\n", "a\nd\n", true), ("a\n…\nd\n", "a\nb\n", false), ("a.b\n", "axb\n", false),
        ("HTTP/1.1 401\n", "HTTP/1.1 401\r\n", true),
    ])
    func `an response fits when it differs only where the page has an ellipsis`(
        expected: String, response: String, fits: Bool
    ) throws {
        #expect(try ExecutablePage.Step(line: 1, commands: "", response: expected).expects(response) == fits)
    }
}
