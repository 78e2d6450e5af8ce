public import Foundation

/// A temporary folder with one script of the project and stubs of the programs that it calls.
public struct ScriptFolder: Sendable {
    private let name: String
    private let folder: TemporaryFolder
    private let path: String

    /// Links `scripts/NAME`.
    ///
    /// - Parameters:
    ///   - name: The name of the script.
    ///   - tools: The programs of `/usr/bin` that the script finds; nil for all of `/usr/bin` and `/bin`.
    public init(_ name: String, tools: [String]? = nil) throws {
        self.name = name
        folder = try TemporaryFolder()
        path = folder.path("bin") + (tools == nil ? ":/usr/bin:/bin" : "")
        for folder in ["scripts", "Services", "bin", "temporary"] {
            try FileManager.default.createDirectory(at: file(folder), withIntermediateDirectories: false)
        }
        for script in [name, "lib.sh", "lib"] {
            try link("scripts/\(script)", to: "\(Cluster.project.path)/scripts/\(script)")
        }
        try link("Services/services.txt", to: ServiceName.list.path)
        for tool in tools ?? [] { try link("bin/\(tool)", to: "/usr/bin/\(tool)") }
    }

    private func link(_ name: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(atPath: folder.path(name), withDestinationPath: target)
    }

    /// The URL of a file, whether it exists or not.
    public func file(_ name: String) -> URL { folder.file(name) }

    /// Writes a shell script that replaces a program, such as `bin/swift` or `scripts/setup`.
    public func stub(_ program: String, _ text: String = "") throws {
        try Data("#!/bin/sh\n\(text)\n".utf8).write(to: file(program))
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.path(program))
    }

    /// Runs the script and returns its output. `TMPDIR` is the folder `temporary`.
    ///
    /// - Throws: `ClusterError` with the output if the script fails.
    @discardableResult
    public func run(_ arguments: String..., environment: [String: String] = [:]) async throws -> String {
        let own = ["PATH": path, "TMPDIR": folder.path("temporary")]
        return try await TestSupport.run(
            ["scripts/\(name)"] + arguments, in: folder.url, environment: environment.merging(own) { $1 })
    }

    /// The temporary files that the script did not remove.
    public var remainingFiles: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: folder.path("temporary")) }
    }
}
