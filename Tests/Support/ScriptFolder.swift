public import Foundation

/// A script of the project in a folder of its own, with stand-ins for what it calls.
public struct ScriptFolder: Sendable {
    private let name: String
    private let folder: TemporaryFolder
    private let path: String

    /// Lays out `scripts/NAME`.
    ///
    /// - Parameter tools: The programs of this machine that the script finds; nil for all in `/usr/bin` and `/bin`.
    public init(_ name: String, tools: [String]? = nil) throws {
        self.name = name
        folder = try TemporaryFolder()
        path = folder.path("bin") + (tools == nil ? ":/usr/bin:/bin" : "")
        for folder in ["scripts", "bin", "temporary"] {
            try FileManager.default.createDirectory(at: file(folder), withIntermediateDirectories: false)
        }
        for script in [name, "lib.sh"] {
            try link("scripts/\(script)", to: "\(Cluster.project.path)/scripts/\(script)")
        }
        for tool in tools ?? [] { try link("bin/\(tool)", to: "/usr/bin/\(tool)") }
    }

    private func link(_ name: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(atPath: folder.path(name), withDestinationPath: target)
    }

    /// A file, whether it is there or not.
    public func file(_ name: String) -> URL { folder.file(name) }

    /// Puts a shell script in the place of another program: `bin/swift`, `scripts/setup`.
    public func standIn(for program: String, _ text: String = "") throws {
        try Data("#!/bin/sh\n\(text)\n".utf8).write(to: file(program))
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.path(program))
    }

    /// Runs the script and returns what it prints. Its temporary files are to be in the folder `temporary`.
    @discardableResult
    public func run(_ arguments: String..., environment: [String: String] = [:]) async throws -> String {
        let own = ["PATH": path, "TMPDIR": folder.path("temporary")]
        return try await TestSupport.run(
            ["scripts/\(name)"] + arguments, in: folder.url, environment: environment.merging(own) { $1 })
    }

    /// The temporary files that the script has left.
    public var litter: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: folder.path("temporary")) }
    }
}
