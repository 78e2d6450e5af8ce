import Foundation

/// The number of processor instructions of an operation of the program `CountedWork`.
///
/// Unlike a time, the number does not depend on other load. The difference between runs with one and no repetition leaves
/// out the start of the process and the preparation.
///
/// - Throws: `ClusterError` with the output if the program fails.
public func instructions(of operation: String, size: Int) async throws -> Int {
    let folder = try TemporaryFolder()
    // The valgrind of Debian 12 fails on the debug information that clang writes.
    let program = Cluster.executables.appending(path: "CountedWork").path
    try await run(["/usr/bin/strip", "--strip-debug", "-o", folder.path("program"), program], in: folder.url)
    var counts: [Int] = []
    for repetitions in 0...1 {
        let text = try await run(
            [
                valgrind, "--tool=callgrind", "--callgrind-out-file=/dev/null", folder.path("program"), operation,
                "\(size)", "\(repetitions)",
            ], in: folder.url)
        let digits = text.split(separator: "refs:").last?.prefix { " ,0123456789".contains($0) }
        guard let count = digits.flatMap({ Int($0.filter(\.isNumber)) }) else {
            throw ClusterError("valgrind prints no number of instructions:\n\(text)")
        }
        counts.append(count)
    }
    return counts[1] - counts[0]
}

/// Whether `instructions(of:size:)` works on this machine.
public let canCountInstructions: Bool = FileManager.default.isExecutableFile(atPath: valgrind)

private let valgrind = "/usr/bin/valgrind"
