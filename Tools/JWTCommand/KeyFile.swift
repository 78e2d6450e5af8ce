import FoundationEssentials
import Glibc
import JWT
import SystemPackage

/// A file with a JWK Set. Only its owner can read it, and each change replaces it as a whole.
struct KeyFile {
    let path: String
    /// The URL of the file, with symbolic links resolved.
    private let target: URL

    init(path: String) {
        self.path = path
        target = URL(filePath: path).resolvingSymlinksInPath()
    }

    /// The content of a key file. Unknown members are kept when the file is written.
    struct Contents {
        fileprivate var members: [JSONValue.Member]
        let keys: KeySet

        /// The JSON of the keys, in the order of `keys`. Keys of another type stay in the file, after these.
        var entries: [JSONValue] {
            get { allEntries.filter { !Key.isOfAnotherType($0) } }
            set {
                let entries = newValue + allEntries.filter(Key.isOfAnotherType)
                members = members.map { $0.name == "keys" ? JSONValue.Member("keys", .array(entries)) : $0 }
            }
        }

        private var allEntries: [JSONValue] { JSONValue.object(members)["keys"]?.array ?? [] }

        /// A set of one key.
        init(_ key: Key) {
            keys = KeySet(key)
            members = [.init("keys", [key.jwk])]
        }

        fileprivate init(_ text: [UInt8]) throws(KeyError) {
            keys = try KeySet(jwkSet: text)
            members = JSONValue(object: text)?.members ?? []
        }
    }

    func read() throws(CommandError) -> Contents {
        let text: [UInt8]
        do {
            text = [UInt8](try Data(contentsOf: target))
        } catch {
            throw CommandError(.key, "cannot read the key file \(path)")
        }
        do throws(KeyError) {
            let contents = try Contents(text)
            if contents.keys.ignoredKeyCount > 0 { warnOfIgnoredKeys(contents.keys.ignoredKeyCount) }
            return contents
        } catch {
            throw CommandError(.key, "\(path): \(error)")
        }
    }

    private func warnOfIgnoredKeys(_ count: Int) {
        let warning = "warning: \(path): ignored \(count) keys that are not symmetric (kty \"oct\")\n"
        _ = try? FileDescriptor.standardError.writeAll(warning.utf8)
    }

    /// Creates the file with one key.
    ///
    /// - Throws: `CommandError` when the file exists.
    func create(_ key: Key) throws(CommandError) {
        try withLock { () throws(CommandError) in
            guard !FileManager.default.fileExists(atPath: target.path) else {
                throw CommandError(.key, "\(path) exists; to add a key to it, run: jwt keys rotate")
            }
            try write(Contents(key))
        }
    }

    /// Changes the content of the file with `body` and writes it.
    func change(_ body: (inout Contents) throws(CommandError) -> Void) throws(CommandError) {
        try withLock { () throws(CommandError) in
            var contents = try read()
            try body(&contents)
            try becomeOwner()
            try write(contents)
        }
    }

    /// Runs `body` while no other command changes a file in the same folder.
    ///
    /// The lock is on the folder. A lock on the file would be lost when a change replaces the file. A separate lock
    /// file would be left over.
    private func withLock(_ body: () throws(CommandError) -> Void) throws(CommandError) {
        let folder = target.deletingLastPathComponent().path
        let lock: FileDescriptor
        do {
            lock = try .open(FilePath(folder), .readOnly, options: [.directory, .closeOnExec])
        } catch {
            throw CommandError(.key, "cannot open the folder \(folder)")
        }
        defer { try? lock.close() }
        guard flock(lock.rawValue, LOCK_EX) == 0 else { throw CommandError(.key, "cannot lock the folder \(folder)") }
        try body()
    }

    /// If the user is root, continues as the owner of the file, for example the user of a container. This owner then
    /// also owns the new file.
    private func becomeOwner() throws(CommandError) {
        guard geteuid() == 0 else { return }
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: target.path),
            let group = attributes[.groupOwnerAccountID] as? UInt, let owner = attributes[.ownerAccountID] as? UInt
        else { throw CommandError(.key, "cannot read the owner of \(path)") }
        guard setegid(gid_t(group)) == 0, seteuid(uid_t(owner)) == 0 else {
            throw CommandError(
                .key,
                "\(path) belongs to user \(owner), and root cannot act as that user; run the command as user \(owner)")
        }
    }

    /// Writes a new file and renames it to the path of the old one. A reader sees the whole old file or the whole new
    /// file.
    private func write(_ contents: Contents) throws(CommandError) {
        let text = JSONValue.object(contents.members).text + "\n"
        _ = try CommandError.convert { () throws(KeyError) in try KeySet(jwkSet: Array(text.utf8)) }
        umask(0o077)
        do {
            try Data(text.utf8).write(to: target, options: .atomic)
        } catch {
            throw CommandError(
                .key, "cannot write the key file \(path); user \(geteuid()) needs the right to write in its folder"
            )
        }
    }
}
