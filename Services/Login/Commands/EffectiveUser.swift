import Foundation

/// The user with whose rights the process opens files.
enum EffectiveUser {
    /// If the user is root and another user owns the folder, continues as that user, who could have put links into it.
    ///
    /// - Throws: `CommandError.foreignFolder` when root may not act as another user, for example in a container without
    ///   that right.
    static func becomeOwner(ofFolder path: String) throws {
        let folder = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        guard geteuid() == 0, let attributes = try? FileManager.default.attributesOfItem(atPath: folder),
            let owner = attributes[.ownerAccountID] as? Int, let group = attributes[.groupOwnerAccountID] as? Int,
            owner != 0
        else { return }
        guard setegid(gid_t(group)) == 0, seteuid(uid_t(owner)) == 0 else {
            throw CommandError.foreignFolder(path: path, owner: owner)
        }
    }
}
