import Foundation

extension KeySource {
    /// A warning if users other than the owner of a key file and its group can use the file; nil if they cannot.
    ///
    /// The group is no reason for a warning: container orchestrators give a service its secret through a group.
    static func warning(aboutFile path: String) -> String? {
        let file = URL(filePath: path).resolvingSymlinksInPath().path
        let attributes = try? FileManager.default.attributesOfItem(atPath: file)
        guard let permissions = attributes?[.posixPermissions] as? Int, permissions & 0o007 != 0 else { return nil }
        return "Every user of this machine can read or change the key file. Run: chmod o= \(path)"
    }
}
