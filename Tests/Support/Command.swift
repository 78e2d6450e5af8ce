public import Foundation

/// Runs a command and returns what it wrote, both streams together. Cancelling the task ends the command.
///
/// - Throws: `ClusterError` with that text when the command does not end with status 0.
@discardableResult
public func run(
    _ command: [String], in directory: URL, environment: [String: String] = ["PATH": "/usr/local/bin:/usr/bin:/bin"]
) async throws -> String {
    let output = directory.appending(path: ".output-\(UUID().uuidString)")
    try Data().write(to: output)
    defer { try? FileManager.default.removeItem(at: output) }
    let process = try ChildProcess(command, environment: environment, directory: directory, log: output)
    let ending = await withTaskCancellationHandler {
        await process.ended()
    } onCancel: {
        process.endGroup()
    }
    let text = try String(contentsOf: output, encoding: .utf8)
    guard ending == .init(status: 0, wasSignalled: false) else {
        throw ClusterError("\(command[0]) ended with \(ending.status):\n\(text)")
    }
    return text
}
