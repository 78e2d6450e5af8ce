import Foundation
import TestSupport
import Testing

/// A page of the documentation whose commands can be run.
///
/// The commands are in blocks marked `sh`. The block after a block of commands has the output. A block marked with a
/// language and a name is a file of that name.
struct ExecutablePage {
    struct Step {
        let line: Int
        let commands: String
        /// The documented output; empty if no block of output follows.
        var output = ""

        /// Whether this is the documented output. `…` within a line stands for any text. Alone on a line, it stands for
        /// any lines.
        func expects(_ output: String) throws -> Bool {
            let pattern = lines(self.output).map { line in
                let parts = line.split(separator: "…", omittingEmptySubsequences: false)
                let escaped = parts.map { NSRegularExpression.escapedPattern(for: String($0)) }
                return line == "…" ? #"(?:[^\n]*\n)*"# : escaped.joined(separator: #"[^\n]*"#) + #"\n"#
            }
            let text = lines(output.replacing("\r\n", with: "\n")).map { $0 + "\n" }.joined()
            return try Regex(pattern.joined()).wholeMatch(in: text) != nil
        }

        private func lines(_ text: String) -> [Substring] {
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            return lines.last == "" ? lines.dropLast() : lines
        }
    }

    private let path: String
    private var steps: [Step] = []
    private var files: [String: String] = [:]

    /// Reads a page, such as `docs/oauth.md`.
    init(_ path: String) throws {
        self.path = path
        let text = try String(contentsOf: Cluster.project.appending(path: path), encoding: .utf8)
        var block: (marks: [Substring], line: Int, content: String)?
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let isFence = line.hasPrefix("```")
            if isFence, let ended = block {
                add(ended.content, marks: ended.marks, line: ended.line)
                block = nil
            } else if isFence {
                block = (line.dropFirst(3).split(separator: " "), index + 1, "")
            } else {
                block?.content += line + "\n"
            }
        }
    }

    private mutating func add(_ content: String, marks: [Substring], line: Int) {
        if marks.first == "sh" {
            steps.append(Step(line: line, commands: content))
        } else if marks.count == 2 {
            files[String(marks[1])] = content
        } else if !steps.isEmpty {
            steps[steps.count - 1].output = content
        }
    }

    /// Runs the page on a new cluster, and records an issue for each step whose output is not the documented one.
    ///
    /// - Parameter prepare: Changes the running cluster before the first step.
    func check(
        running services: [ServiceName] = ServiceName.standard, environment: [String: String] = [:],
        preparing prepare: (Cluster) throws -> Void = { _ in }
    ) async throws {
        try #require(!steps.isEmpty)
        try await withCluster(running: services, environment: environment) { cluster in
            try prepare(cluster)
            let outputs = try await run(in: cluster, running: services)
            #expect(outputs.count == steps.count)
            for (step, output) in zip(steps, outputs) where try !step.expects(output) {
                Issue.record("\(path):\(step.line) has another output than the page says:\n\(output)")
            }
        }
    }

    /// Runs all steps in one shell, as a reader would, and returns the output of each. Finally kills the background
    /// jobs.
    private func run(in cluster: Cluster, running services: [ServiceName]) async throws -> [String] {
        try await cluster.writeProcessFiles(of: services)
        try writeFiles(for: cluster)
        let endOfStep = "\u{1E}"
        let script =
            steps.map { "{\n\($0.commands)} 2>&1\nprintf '\(endOfStep)'\n" }.joined()
            + "for job in $(jobs -p); do kill -KILL $job; done\n"
        // Python packages are in the folder of the project, to install them only once.
        let commands = cluster.replacingPorts(in: script)
            .replacing(".venv", with: Cluster.project.appending(path: ".venv").path)
            .replacing("sqlite:data/login.sqlite", with: "'\(try cluster.commandDatabaseURL(.login))'")
        // Threads of Swift block signals, and their child processes inherit that. The servers of a page must get SIGTERM.
        let shell = ["/usr/bin/env", "--default-signal", "/bin/bash", "-c", commands]
        let output = try await TestSupport.run(shell, in: cluster.directory)
        return output.split(separator: endOfStep, omittingEmptySubsequences: false).dropLast().map(String.init)
    }

    /// Writes the files of the page into the folder of a cluster.
    private func writeFiles(for cluster: Cluster) throws {
        for (name, content) in files {
            let file = cluster.directory.appending(path: name)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            // The issuer of the tokens is the same in every cluster, whatever the port of login is.
            let parts = content.split(separator: TokenMint.issuer, omittingEmptySubsequences: false)
            let text = parts.map { cluster.replacingPorts(in: String($0)) }.joined(separator: TokenMint.issuer)
            try Data(text.utf8).write(to: file)
        }
    }
}

extension Cluster {
    /// Writes the files in which `scripts/up` stores the process of each service.
    fileprivate func writeProcessFiles(of services: [ServiceName]) async throws {
        for service in services {
            let process = try process(service)
            let note = "echo \(process) $(began \(process)) >run/\(service.rawValue).pid"
            try await run(["/bin/bash", "-p", "-c", ". scripts/lib.sh; \(note)"], in: directory)
        }
    }
}
