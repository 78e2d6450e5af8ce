public import Foundation

extension Bundle {
    /// A file or a folder in the folder `Resources` of a module.
    public func resource(_ path: String) -> URL {
        bundleURL.appending(path: "Resources").appending(path: path)
    }

    /// The files of a folder in the folder `Resources` of a module, sorted by their names.
    ///
    /// - Throws: when there is no such folder.
    public func resources(in folder: String) throws -> [URL] {
        try FileManager.default.contentsOfDirectory(at: resource(folder), includingPropertiesForKeys: nil)
            .sorted { $0.path < $1.path }
    }
}
