import FoundationEssentials
import Glibc
import JWT
import SystemPackage

/// A file with a JWK Set. Only its owner can read it, and each change replaces it as a whole.
struct KeyFile {
    let path: String
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

    /// Reads the file. Warns if others than its owner can use it.
    func read() throws(CommandError) -> Contents {
        let folder = try KeyFolder(of: path, followsLink: true)
        if let file = folder.file, file.type == .typeRegular, file.permissions & 0o077 != 0 {
            Console.warn("other users can read or change \(path); run: chmod 600 \(path)")
        }
        return try contents(in: folder)
    }

    /// Creates the file with one key.
    ///
    /// - Throws: `CommandError` when the file exists, or a link has its name.
    func create(_ key: Key) throws(CommandError) {
        let folder = try KeyFolder(of: path, followsLink: false)
        try withLock { () throws(CommandError) in
            if let file = folder.file {
                let remedy =
                    file.type == .typeSymbolicLink
                    ? "it is a link; remove it, or give the path of the file"
                    : "to add a key to it, run: jwt keys rotate"
                throw CommandError(.key, "\(path) exists; \(remedy)")
            }
            try write(Contents(key), in: folder)
        }
    }

    /// Changes the content of the file with `body` and writes it. The file keeps its owner.
    func change(_ body: (inout Contents) throws(CommandError) -> Void) throws(CommandError) {
        let folder = try KeyFolder(of: path, followsLink: true)
        try withLock { () throws(CommandError) in
            var contents = try contents(in: folder)
            try body(&contents)
            if let file = folder.file { try folder.become(file.owner, file.group) }
            try write(contents, in: folder)
        }
    }

    private func contents(in folder: KeyFolder) throws(CommandError) -> Contents {
        guard let text = FileManager.default.contents(atPath: folder.name) else {
            throw CommandError(.key, "cannot read the key file \(path) as user \(geteuid())")
        }
        do throws(KeyError) {
            let contents = try Contents([UInt8](text))
            let ignored = contents.keys.ignoredKeyCount
            if ignored > 0 { Console.warn("\(path): ignored \(ignored) keys that are not symmetric (kty \"oct\")") }
            return contents
        } catch {
            throw CommandError(.key, "\(path): \(error)")
        }
    }

    /// Runs `body` while no other command changes a file in the working directory.
    ///
    /// The lock is on the folder. A lock on the file would be lost when a change replaces the file. A separate lock
    /// file would be left over.
    private func withLock(_ body: () throws(CommandError) -> Void) throws(CommandError) {
        let lock: FileDescriptor
        do {
            lock = try .open(FilePath("."), .readOnly, options: [.directory, .closeOnExec])
        } catch {
            throw CommandError(.key, "user \(geteuid()) cannot open the folder of \(path)")
        }
        defer { try? lock.close() }
        guard flock(lock.rawValue, LOCK_EX) == 0 else { throw CommandError(.key, "cannot lock the folder of \(path)") }
        try body()
    }

    /// Writes a new file and renames it to the name of the old one. A reader sees the whole old file or the whole new
    /// file. A link with that name, or another name of the old file, does not lead the new content anywhere else.
    private func write(_ contents: Contents, in folder: KeyFolder) throws(CommandError) {
        let text = JSONValue.object(contents.members).text + "\n"
        _ = try CommandError.convert { () throws(KeyError) in try KeySet(jwkSet: Array(text.utf8)) }
        umask(0o077)
        do {
            // Foundation makes a relative path absolute, and another user may have moved the folder since.
            try Data(text.utf8).write(to: URL(filePath: "/proc/self/cwd/\(folder.name)"), options: .atomic)
        } catch {
            throw CommandError(
                .key, "cannot write the key file \(path); user \(geteuid()) needs the right to write in its folder"
            )
        }
    }
}
