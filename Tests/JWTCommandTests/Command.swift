import Foundation
import TestSupport
import Testing

/// Runs the built command in another process.
struct Command {
    struct Result {
        let output: String
        let error: String
        let status: Int32

        /// The lines of the output as JSON objects, parsed by Foundation.
        func objects() throws -> [[String: Any]] {
            try output.split(separator: "\n").map { line in
                try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            }
        }
    }

    /// The products are in the folder of the test bundle.
    static let executable = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(
        path: "jwt")

    /// Runs `jwt` once for each list of arguments, all at the same time. Returns the exit statuses.
    static func jwtAtOnce(_ arguments: [[String]]) throws -> [Int32] {
        let processes = try arguments.map { arguments in
            let process = Process()
            process.executableURL = executable
            process.arguments = arguments
            process.standardError = FileHandle.nullDevice
            try process.launchAlone()
            return process
        }
        return processes.map { process in
            process.waitUntilExit()
            return process.terminationStatus
        }
    }

    /// Runs `jwt` with these arguments and all of `input` on its standard input.
    static func jwt(_ arguments: String..., input: String = "") throws -> Result {
        try run(arguments, input: input)
    }

    /// Runs `jwt` as a root without one of its rights (capabilities(7)).
    static func jwt(_ arguments: String..., without right: String) throws -> Result {
        try run(
            ["--bounding-set", "-\(right)", executable.path] + arguments,
            of: URL(filePath: "/usr/bin/setpriv"))
    }

    /// Runs statements in Python with these arguments.
    static func python(_ statements: [String], _ arguments: String...) throws -> Result {
        try run(["-c", statements.joined(separator: "\n")] + arguments, of: URL(filePath: "/usr/bin/python3"))
    }

    /// Runs a bash script, which calls the command as `"$0"`.
    static func shell(_ script: String) throws -> Result {
        try run(["-c", script, executable.path], of: URL(filePath: "/bin/bash"))
    }

    static func run(_ arguments: [String], of program: URL = executable, input: String = "") throws -> Result {
        try run(arguments, of: program, input: Data(input.utf8))
    }

    static func run(_ arguments: [String], of program: URL = executable, input: Data) throws -> Result {
        let folder = try TemporaryFolder()
        let files = try ["in", "out", "err"].map { name in
            let file = folder.file(name)
            try (name == "in" ? input : Data()).write(to: file)
            return file
        }
        let process = Process()
        process.executableURL = program
        process.arguments = arguments
        process.standardInput = try FileHandle(forReadingFrom: files[0])
        process.standardOutput = try FileHandle(forWritingTo: files[1])
        process.standardError = try FileHandle(forWritingTo: files[2])
        try process.launchAlone()
        process.waitUntilExit()
        return Result(
            output: String(decoding: try Data(contentsOf: files[1]), as: UTF8.self),
            error: String(decoding: try Data(contentsOf: files[2]), as: UTF8.self), status: process.terminationStatus)
    }
}
