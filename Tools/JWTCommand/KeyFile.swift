import FoundationEssentials
import Glibc
import JWT
import SystemPackage

/// A file with a JWK Set: readable by its owner only, replaced as a whole.
struct KeyFile {
    let path: String
    /// The file itself, where `path` is a link to it.
    private let target: URL

    init(path: String) {
        self.path = path
        target = URL(filePath: path).resolvingSymlinksInPath()
    }

    /// What a file says. Members that mean nothing here stay when it is written again.
    struct Contents {
        fileprivate var members: [JSONValue.Member]
        let keys: KeySet

        /// The keys as they stand in the file, in the order of `keys`.
        var entries: [JSONValue] {
            get { JSONValue.object(members)["keys"]?.array ?? [] }
            set {
                members = members.map { member in
                    member.name == "keys" ? JSONValue.Member("keys", .array(newValue)) : member
                }
            }
        }

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

    func read() throws(Failure) -> Contents {
        let text: [UInt8]
        do {
            text = [UInt8](try Data(contentsOf: target))
        } catch {
            throw Failure("key", "cannot read the key file \(path)")
        }
        do throws(KeyError) {
            return try Contents(text)
        } catch {
            throw Failure("key", "\(path): \(error)")
        }
    }

    /// Makes the file with one key, unless it is there.
    func create(_ key: Key) throws(Failure) {
        try alone { () throws(Failure) in
            guard !FileManager.default.fileExists(atPath: target.path) else {
                throw Failure("key", "\(path) is there already; jwt keys rotate adds a key to it")
            }
            try write(Contents(key))
        }
    }

    /// Replaces what the file says by what `body` makes of it.
    func change(_ body: (inout Contents) throws(Failure) -> Void) throws(Failure) {
        try alone { () throws(Failure) in
            var contents = try read()
            try body(&contents)
            try becomeOwner()
            try write(contents)
        }
    }

    /// Waits until no other command changes a file of this folder, and lets none do so before `body` has ended.
    ///
    /// What is locked is the folder. The file is replaced by another one, so that who had waited for a lock on it would
    /// hold nothing, and a file made for the lock would stay behind.
    private func alone(_ body: () throws(Failure) -> Void) throws(Failure) {
        let folder = target.deletingLastPathComponent().path
        let lock: FileDescriptor
        do {
            lock = try .open(FilePath(folder), .readOnly, options: [.directory, .closeOnExec])
        } catch {
            throw Failure("key", "cannot open the folder \(folder)")
        }
        defer { try? lock.close() }
        guard flock(lock.rawValue, LOCK_EX) == 0 else { throw Failure("key", "cannot lock the folder \(folder)") }
        try body()
    }

    /// Goes on as the owner of the file, who may be the user that a container runs as. Only root can, and everyone else
    /// makes files of their own.
    private func becomeOwner() throws(Failure) {
        guard geteuid() == 0 else { return }
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: target.path),
            let group = attributes[.groupOwnerAccountID] as? UInt, let owner = attributes[.ownerAccountID] as? UInt
        else { throw Failure("key", "cannot see whose file \(path) is") }
        guard setegid(gid_t(group)) == 0, seteuid(uid_t(owner)) == 0 else {
            throw Failure(
                "key",
                "\(path) belongs to user \(owner), and root may not act as that user here; run this as user \(owner)")
        }
    }

    /// Writes beside the file and then moves the new one over the old, so that a reader sees either, never a part.
    private func write(_ contents: Contents) throws(Failure) {
        let text = JSONValue.object(contents.members).text + "\n"
        _ = try Failure.wrap { () throws(KeyError) in try KeySet(jwkSet: Array(text.utf8)) }
        umask(0o077)
        do {
            try Data(text.utf8).write(to: target, options: .atomic)
        } catch {
            throw Failure(
                "key", "cannot write the key file \(path); user \(geteuid()) must have the right to write in its folder"
            )
        }
    }
}
