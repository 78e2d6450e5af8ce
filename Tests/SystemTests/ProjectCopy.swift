import Foundation
import TestSupport
import Testing

/// A copy of the sources of the project, without a build, in which scripts may change files.
struct ProjectCopy {
    private let folder: TemporaryFolder

    private static let names = [
        ".devcontainer", ".swift-format", "Package.swift", "Services", "Shared", "Tests", "Tools", "compose.scale.yml",
        "deploy", "docker-compose.yml", "docs", "scripts",
    ]

    init() async throws {
        folder = try TemporaryFolder()
        try await run("/bin/cp", ["--archive"] + Self.names.map { Cluster.project.appending(path: $0).path } + ["."])
    }

    /// Runs a command in the copy and returns its output.
    ///
    /// - Throws: `ClusterError` with the output if the command fails.
    @discardableResult
    func run(_ command: String, _ arguments: [String] = []) async throws -> String {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        return try await TestSupport.run([command] + arguments, in: folder.url, environment: ["PATH": path])
    }

    /// Compares the files that name the services with the list.
    func check() async throws {
        try await run("/usr/bin/python3", ["-B", "scripts/lib/services.py", "check"])
    }

    /// Commits all files to a git repository in the copy.
    func commit() async throws {
        let identity = ["-c", "user.name=Test", "-c", "user.email=test@localhost"]
        for command in [
            ["init", "--quiet"], ["add", "--all"], identity + ["commit", "--quiet", "--message", "Copy"],
        ] {
            try await run("/usr/bin/git", command)
        }
    }

    func text(_ path: String) throws -> String { try String(contentsOf: folder.file(path), encoding: .utf8) }

    func write(_ text: String, to path: String) throws { try Data(text.utf8).write(to: folder.file(path)) }

    func replace(_ old: String, with new: String, in path: String) throws {
        let text = try text(path)
        try #require(text.contains(old))
        try write(text.replacing(old, with: new), to: path)
    }

    /// The content of each file by its path, without the repository of git.
    var files: [String: Data] {
        get throws {
            let paths = try FileManager.default.subpathsOfDirectory(atPath: folder.path).filter {
                !$0.hasPrefix(".git/")
            }
            let pairs = paths.compactMap { path in (try? Data(contentsOf: folder.file(path))).map { (path, $0) } }
            return Dictionary(uniqueKeysWithValues: pairs)
        }
    }
}
