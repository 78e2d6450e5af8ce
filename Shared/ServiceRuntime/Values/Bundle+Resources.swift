public import Foundation

extension Bundle {
    /// The URL of a file or folder in the folder `Resources` of a module.
    public func resource(_ path: String) -> URL {
        bundleURL.appending(path: "Resources").appending(path: path)
    }

    /// The files of a folder in the folder `Resources` of a module, sorted by name.
    ///
    /// - Throws: An error of Foundation if the folder does not exist.
    public func resources(in folder: String) throws -> [URL] {
        try FileManager.default.contentsOfDirectory(at: resource(folder), includingPropertiesForKeys: nil)
            .sorted { $0.path < $1.path }
    }
}
