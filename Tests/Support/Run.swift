public import Foundation

/// Runs a command and returns its standard output and standard error as one text. Cancelling the task kills the
/// command.
///
/// - Throws: `ClusterError` with that text if the command does not end with status 0.
@discardableResult
public func run(
    _ command: [String], in directory: URL, environment: [String: String] = ["PATH": "/usr/local/bin:/usr/bin:/bin"]
) async throws -> String {
    let output = directory.appending(path: ".output-\(UUID().uuidString)")
    try Data().write(to: output)
    defer { try? FileManager.default.removeItem(at: output) }
    let process = try ChildProcess(command, environment: environment, directory: directory, log: output)
    let termination = await withTaskCancellationHandler {
        await process.waitForTermination()
    } onCancel: {
        process.killGroup()
    }
    let text = try String(contentsOf: output, encoding: .utf8)
    guard termination == .init(status: 0, wasSignalled: false) else {
        throw ClusterError("\(command[0]) ended with \(termination.status):\n\(text)")
    }
    return text
}
