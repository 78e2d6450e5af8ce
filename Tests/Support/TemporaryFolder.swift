public import Foundation

/// A folder of its own for one test, removed with all that is in it when the last reference to it goes.
public final class TemporaryFolder: Sendable {
    /// The folder.
    public let url: URL

    /// Makes an empty folder among the temporary files of the system.
    public init() throws {
        // Short, because a socket's path may have 107 bytes and browsers make theirs far below.
        let name = "hallpass-" + UUID().uuidString.lowercased().prefix(8)
        url = FileManager.default.temporaryDirectory.appending(path: name)
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: false)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    /// Where the folder is.
    public var path: String { url.path }

    /// A file in the folder, whether it is there or not.
    public func file(_ name: String) -> URL { url.appending(path: name) }

    /// Where a file in the folder is.
    public func path(_ name: String) -> String { file(name).path }
}
