import Foundation
import TestSupport
import Testing

/// Runs each script of `scripts/` in a copy of the project, with only the programs that print a text. A script that builds,
/// installs or starts something fails.
@Suite(.timeLimit(.minutes(2))) struct ScriptHelpTests {
    private static let scripts: [String] = {
        let folder = Cluster.project.appending(path: "scripts")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.filter { name in
            let values = try? folder.appending(path: name).resourceValues(forKeys: [
                .isRegularFileKey, .isExecutableKey,
            ])
            return values?.isRegularFile == true && values?.isExecutable == true
        }.sorted()
    }()
    private static let programs = ["bash", "cat", "dirname", "grep", "id", "sed", "sort"]

    private let tools: TemporaryFolder

    init() throws {
        tools = try TemporaryFolder()
        for program in Self.programs {
            try FileManager.default.createSymbolicLink(
                atPath: tools.path(program), withDestinationPath: "/usr/bin/\(program)")
        }
    }

    private func output(of script: String, _ arguments: String..., in copy: ProjectCopy) async throws -> String {
        try await copy.run(
            "/usr/bin/env", ["--ignore-environment", "PATH=\(tools.path)", "scripts/\(script)"] + arguments)
    }

    /// Expects that a script rejects an argument with status 2 and one sentence that says where the help is.
    private func expectRejection(by script: String, of argument: String, in copy: ProjectCopy) async {
        let error = await #expect(throws: ClusterError.self, "scripts/\(script) \(argument)") {
            try await output(of: script, argument, in: copy)
        }
        let sentence = "There is no argument '\(argument)'. See: scripts/\(script) --help"
        #expect(error?.description == "/usr/bin/env ended with 2:\n\(sentence)\n")
    }

    @Test func `every script explains how to call it, and changes nothing`() async throws {
        let copy = try await ProjectCopy()
        let before = try copy.files
        #expect(Self.scripts.contains("setup") && Self.scripts.contains("up"))
        for script in Self.scripts {
            for option in ["--help", "-h"] {
                let text = try await output(of: script, option, in: copy)
                let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
                let usage = "Usage: scripts/\(script)"
                #expect(lines[0] == usage || lines[0].hasPrefix("\(usage) "), "\(text)")
                #expect(lines.count > 3 && !lines.contains { $0.hasPrefix("#") }, "\(text)")
            }
        }
        #expect(try copy.files == before)
    }

    @Test func `every script but the one that runs the tests rejects an unknown option and changes nothing`()
        async throws
    {
        let copy = try await ProjectCopy()
        let before = try copy.files
        for script in Self.scripts where script != "test" {
            await expectRejection(by: script, of: "--no-such-option", in: copy)
        }
        #expect(try copy.files == before)
    }

    @Test func `a script without arguments in its usage rejects any argument`() async throws {
        let copy = try await ProjectCopy()
        let before = try copy.files
        var rejecting: [String] = []
        for script in Self.scripts {
            guard try await output(of: script, "--help", in: copy).hasPrefix("Usage: scripts/\(script)\n\n") else {
                continue
            }
            await expectRejection(by: script, of: "something", in: copy)
            rejecting.append(script)
        }
        #expect(rejecting.contains("check") && rejecting.contains("status"))
        #expect(try copy.files == before)
    }
}
