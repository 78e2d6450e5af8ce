import Foundation
import TestSupport
import Testing

extension Cluster {
    /// Serves a folder with these files on a port.
    ///
    /// - Parameter folders: Folders that are copied first, by the path at which they are served; empty for the root.
    func serve(_ files: [String: String], at port: Int, copying folders: [String: URL] = [:]) async throws {
        let folder = directory.appending(path: "pages-\(port)")
        for (path, source) in folders.sorted(by: { $0.key < $1.key }) {
            try FileManager.default.copyItem(at: source, to: path.isEmpty ? folder : folder.appending(path: path))
        }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for (name, text) in files { try Data(text.utf8).write(to: folder.appending(path: name)) }
        try startExternalProgram([
            "/usr/bin/python3", "-m", "http.server", "\(port)", "--directory", folder.path,
        ])
        let isServed = try await eventually {
            (try? await run(["/usr/bin/curl", "-sf", "http://localhost:\(port)/"], in: directory)) != nil
        }
        #expect(isServed)
    }
}
