import Foundation
import TestSupport

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

    private(set) var steps: [Step] = []
    private var files: [String: String] = [:]

    init(_ path: String) throws {
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

    /// Runs all steps in one shell, as a reader would, and returns the output of each. Finally kills the background
    /// jobs.
    func run(in cluster: Cluster) async throws -> [String] {
        try await cluster.writeProcessFiles()
        for (name, content) in files { try Data(content.utf8).write(to: cluster.directory.appending(path: name)) }
        let endOfStep = "\u{1E}"
        let script =
            steps.map { "{\n\($0.commands)} 2>&1\nprintf '\(endOfStep)'\n" }.joined()
            + "for job in $(jobs -p); do kill -KILL $job; done\n"
        // Python packages are in the folder of the project, to install them only once.
        let commands = cluster.replacingPorts(in: script).replacing(
            ".venv", with: Cluster.project.appending(path: ".venv").path)
        let output = try await TestSupport.run(["/bin/bash", "-c", commands], in: cluster.directory)
        return output.split(separator: endOfStep, omittingEmptySubsequences: false).dropLast().map(String.init)
    }
}

extension Cluster {
    /// Writes the files in which `scripts/up` stores the process of each service.
    fileprivate func writeProcessFiles() async throws {
        for service in ServiceName.standard {
            let process = try process(service)
            let note = "echo \(process) $(began \(process)) >run/\(service.rawValue).pid"
            try await run(["/bin/bash", "-p", "-c", ". scripts/lib.sh; \(note)"], in: directory)
        }
    }
}
