import Foundation

/// Checks the types of a program against the module `JWT` that was just built, without building the program.
enum TypeCheck {
    /// The folder of the project.
    static let project = URL(filePath: #filePath).appending(path: "../../..").standardized
    private static let products =
        URL(filePath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent()

    /// Runs the compiler. The status is 0 for a program without errors.
    static func run(_ program: String) throws -> (status: Int32, messages: String) {
        let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).swift")
        try Data(program.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let compiler = Process()
        compiler.executableURL = URL(filePath: "/usr/bin/env")
        compiler.arguments = [
            "swiftc", "-typecheck", "-swift-version", "6", "-I", products.appending(path: "Modules").path,
            "-I", project.appending(path: "Shared/System/COpenSSL").path, "-Xcc",
            "-fmodule-map-file=\(products.appending(path: "CTextKernels.build/module.modulemap").path)", file.path,
        ]
        let output = Pipe()
        compiler.standardError = output
        try compiler.run()
        let messages = try output.fileHandleForReading.readToEnd() ?? Data()
        compiler.waitUntilExit()
        return (compiler.terminationStatus, String(decoding: messages, as: UTF8.self))
    }
}
