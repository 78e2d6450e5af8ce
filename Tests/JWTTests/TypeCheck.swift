import Foundation
import TestSupport

/// Checks the types of a program against the module `JWT` that was just built, without building the program.
enum TypeCheck {
    /// The folder of the project.
    static let project = URL(filePath: #filePath).appending(path: "../../..").standardized
    private static let products =
        URL(filePath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent()

    /// Runs the compiler, and returns its messages and whether the program has no errors.
    static func run(_ program: String) async throws -> (isValid: Bool, messages: String) {
        let folder = try TemporaryFolder()
        let file = folder.file("program.swift")
        try Data(program.utf8).write(to: file)
        let compiler = [
            "/usr/bin/env", "swiftc", "-typecheck", "-swift-version", "6", "-I",
            products.appending(path: "Modules").path,
            "-I", project.appending(path: "Shared/System/COpenSSL").path, "-Xcc",
            "-fmodule-map-file=\(products.appending(path: "CTextKernels.build/module.modulemap").path)", file.path,
        ]
        do {
            // The compiler takes seconds, and a wait that blocks its thread would delay the tests of all targets.
            let environment = ProcessInfo.processInfo.environment
            return (true, try await TestSupport.run(compiler, in: folder.url, environment: environment))
        } catch let error as ClusterError {
            return (false, error.description)
        }
    }
}
