import FoundationEssentials
import Glibc
import JWT
import SystemPackage

/// The folder of a key file, which becomes the working directory of the command.
///
/// The command enters the folders of a path one after the other and looks at each name in the folder that it has entered,
/// as openat(2) does. So nobody can replace a folder or a link between the check and the use. It follows a symbolic link
/// only if its own user or root controls the link. Another user could lead root to any file with a link.
struct KeyFolder {
    /// A name in the working directory, and what lstat(2) says about it.
    struct Entry {
        let type: FileAttributeType
        let owner: uid_t
        let group: gid_t
        let permissions: UInt

        /// Nil if the name does not exist.
        init?(_ name: String) {
            guard let attributes = try? FileManager.default.attributesOfItem(atPath: name),
                let type = attributes[.type] as? FileAttributeType,
                let owner = attributes[.ownerAccountID] as? UInt, let group = attributes[.groupOwnerAccountID] as? UInt,
                let permissions = attributes[.posixPermissions] as? UInt
            else { return nil }
            self.type = type
            (self.owner, self.group, self.permissions) = (uid_t(owner), gid_t(group), permissions)
        }
    }

    /// The path as the caller gave it.
    let path: String
    /// The name of the file in the folder.
    let name: String

    /// The maximum number of links on the way, as in Linux (path_resolution(7)).
    private static let maximumLinks = 40
    /// Opens a folder that the user may enter but not read.
    private static let pathOnly = FileDescriptor.OpenOptions(rawValue: 0o10_000_000)

    /// Enters the folder of a file. Root continues as the owner of the folder.
    ///
    /// - Parameters:
    ///   - path: The path of the file, which need not exist.
    ///   - followsLink: Whether a link in the place of the file leads to another file.
    /// - Throws: `CommandError` when a folder cannot be entered or another user controls a link.
    init(of path: String, followsLink: Bool) throws(CommandError) {
        var rest = try Self.begin(path, of: path)
        var remainingLinks = Self.maximumLinks
        while rest.count > 1 || followsLink && rest.first.map(Self.isLink) ?? false {
            let name = rest.removeFirst()
            guard Self.isLink(name) else {
                try Self.enter(name, of: path)
                continue
            }
            guard remainingLinks > 0, let target = try? FileManager.default.destinationOfSymbolicLink(atPath: name)
            else { throw CommandError(.key, "cannot follow the link \(name) of \(path)") }
            guard Self.isOwn(link: name) else {
                throw CommandError(
                    .key, "\(name) of \(path) is a link in a folder of another user; give the path of the file itself")
            }
            remainingLinks -= 1
            rest = try Self.begin(target, of: path) + rest
        }
        guard let name = rest.first else { throw CommandError(.key, "\(path) is not the path of a file") }
        self.path = path
        self.name = name
        try becomeOwnerOfFolder()
    }

    /// What lstat(2) says about the file; nil if it does not exist.
    var file: Entry? { Entry(name) }

    /// If the user is root, continues as another user, for example the user of a container. This user then also owns the
    /// new file.
    func become(_ user: uid_t, _ group: gid_t) throws(CommandError) {
        guard geteuid() == 0, user != 0 else { return }
        guard setegid(group) == 0, seteuid(user) == 0 else {
            throw CommandError(
                .key,
                "\(path) belongs to user \(user), and root cannot act as that user; run the command as user \(user)")
        }
    }

    private func becomeOwnerOfFolder() throws(CommandError) {
        guard let folder = Entry(".") else { throw CommandError(.key, "cannot read the folder of \(path)") }
        try become(folder.owner, folder.group)
    }

    /// The names of a path. If it is absolute, enters the root folder.
    private static func begin(_ target: String, of path: String) throws(CommandError) -> [String] {
        if target.hasPrefix("/") { try enter("/", of: path) }
        return target.split(separator: "/").map(String.init)
    }

    private static func isLink(_ name: String) -> Bool {
        Entry(name)?.type == .typeSymbolicLink
    }

    private static func enter(_ name: String, of path: String) throws(CommandError) {
        do {
            let folder = try FileDescriptor.open(
                FilePath(name), .readOnly, options: [pathOnly, .directory, .noFollow, .closeOnExec])
            defer { try? folder.close() }
            guard fchdir(folder.rawValue) == 0 else { throw Errno(rawValue: errno) }
        } catch {
            throw CommandError(.key, "cannot open the folder \(name) of \(path)")
        }
    }

    /// Whether only this user and root can have made a link in the working directory.
    private static func isOwn(link name: String) -> Bool {
        guard let folder = Entry("."), let link = Entry(name) else { return false }
        let users = [0, geteuid()]
        // In a folder such as /tmp, nobody can replace links of others.
        let isForAll = folder.permissions & UInt(S_IWOTH) != 0
        let isSticky = folder.permissions & UInt(S_ISVTX) != 0
        return users.contains(folder.owner) && (!isForAll || isSticky && users.contains(link.owner))
    }
}
