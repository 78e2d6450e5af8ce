import Foundation
import TestSupport

/// A file system of 2 MB in memory, which the server of the tests may write. Mounting it needs root.
final class SmallDisk: Sendable {
    let path: String
    private let ballast: URL

    init(in folder: TemporaryFolder) throws {
        let mount = folder.file("disk")
        ballast = mount.appending(path: "ballast")
        path = mount.appending(path: "tables").path
        try FileManager.default.createDirectory(at: mount, withIntermediateDirectories: false)
        try Self.run("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", mount.path)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        try Self.run("chown", "nobody", path)
        try Data(count: 1_000_000).write(to: ballast)
    }

    /// Makes room for about 1 MB.
    func makeSpace() throws {
        try FileManager.default.removeItem(at: ballast)
    }

    deinit { try? Self.run("umount", "--lazy", ballast.deletingLastPathComponent().path) }

    private static func run(_ command: String...) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = command
        try process.launchAlone()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw CocoaError(.fileWriteUnknown) }
    }
}
