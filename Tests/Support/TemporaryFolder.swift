public import Foundation

/// A new folder for one test. It is removed with all its files when its last reference is released.
public final class TemporaryFolder: Sendable {
    /// The URL of the folder.
    public let url: URL

    /// Creates an empty folder among the temporary files of the system.
    public init() throws {
        // The path of a socket has at most 107 bytes, and browsers create sockets deep inside of their folder.
        let name = "hallpass-" + UUID().uuidString.lowercased().prefix(8)
        url = FileManager.default.temporaryDirectory.appending(path: name)
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: false)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    /// The path of the folder.
    public var path: String { url.path }

    /// The URL of a file in the folder, whether it exists or not.
    public func file(_ name: String) -> URL { url.appending(path: name) }

    /// The path of a file in the folder, whether it exists or not.
    public func path(_ name: String) -> String { file(name).path }
}
