import Foundation
import TestSupport
import Testing

@Suite struct `The documentation is true` {
    @Test func `docs/walkthrough.md: every command gives the answer that stands below it`() async throws {
        try await withCluster { cluster in
            let page = try ExecutablePage("docs/walkthrough.md")
            #expect(page.steps.count > 15)
            try await cluster.becomeLikeTheProject()
            let answers = try await page.run(in: cluster)
            for (step, answer) in zip(page.steps, answers) where try !step.expects(answer) {
                Issue.record(
                    "docs/walkthrough.md:\(step.line) does not answer what the page says, but:\n\(answer)")
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
    func `an answer fits when it differs only where the page has an ellipsis`(
        expected: String, answer: String, fits: Bool
    ) throws {
        #expect(try ExecutablePage.Step(line: 1, commands: "", answer: expected).expects(answer) == fits)
    }
}

/// A page of the documentation: blocks of commands, marked `sh`, each with the answer in the next block, if there is one.
struct ExecutablePage {
    struct Step {
        let line: Int
        let commands: String
        /// What the commands print; nothing, when no block of output follows.
        var answer = ""

        /// Whether an answer is the expected one. `…` stands for any text within a line, and alone on a line for any lines.
        func expects(_ answer: String) throws -> Bool {
            let pattern = lines(self.answer).map { line in
                let parts = line.split(separator: "…", omittingEmptySubsequences: false)
                let escaped = parts.map { NSRegularExpression.escapedPattern(for: String($0)) }
                return line == "…" ? #"(?:[^\n]*\n)*"# : escaped.joined(separator: #"[^\n]*"#) + #"\n"#
            }
            let text = lines(answer.replacing("\r\n", with: "\n")).map { $0 + "\n" }.joined()
            return try Regex(pattern.joined()).wholeMatch(in: text) != nil
        }

        private func lines(_ text: String) -> [Substring] {
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            return lines.last == "" ? lines.dropLast() : lines
        }
    }

    private(set) var steps: [Step] = []

    init(_ path: String) throws {
        let text = try String(contentsOf: Cluster.project.appending(path: path), encoding: .utf8)
        var fence: (language: Substring, line: Int, content: String)?
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            switch (line.hasPrefix("```"), fence) {
            case (true, nil): fence = (line.dropFirst(3), index + 1, "")
            case (true, let block?):
                if block.language == "sh" {
                    steps.append(Step(line: block.line, commands: block.content))
                } else if !steps.isEmpty {
                    steps[steps.count - 1].answer = block.content
                }
                fence = nil
            case (false, _?): fence?.content += line + "\n"
            case (false, nil): break
            }
        }
    }

    /// Runs all steps in one shell, as a reader would, and returns what each printed.
    func run(in cluster: Cluster) async throws -> [String] {
        let endOfStep = "\u{1E}"
        let script = steps.map { "{\n\($0.commands)} 2>&1\nprintf '\(endOfStep)'\n" }.joined()
        let output = try await TestSupport.run(
            ["/bin/bash", "-c", cluster.withItsPorts(script)], in: cluster.directory)
        return output.split(separator: endOfStep, omittingEmptySubsequences: false).dropLast().map(String.init)
    }
}

extension Cluster {
    /// Puts into the cluster's folder what the page's commands look for in the project's: the executables, and the notes
    /// of `scripts/up` about which process is whose.
    fileprivate func becomeLikeTheProject() async throws {
        try FileManager.default.createDirectory(
            at: directory.appending(path: ".build"), withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            at: directory.appending(path: ".build/debug"), withDestinationURL: Self.executables)
        for service in ServiceName.allCases {
            let process = try process(service)
            let note = "echo \(process) $(began \(process)) >run/\(service.rawValue).pid"
            try await run(["/bin/bash", "-c", ". scripts/lib.sh; \(note)"], in: directory)
        }
    }

    /// Commands for the default ports, as commands for the ports of this cluster.
    fileprivate func withItsPorts(_ commands: String) -> String {
        zip(ServiceName.allCases, 8080...).reduce(commands) { commands, pair in
            commands.replacing("localhost:\(pair.1)", with: "localhost:\(port(pair.0))")
        }
    }
}
