import FoundationEssentials
import Glibc
import JWT

/// A file with a JWK Set: readable by its owner only, replaced as a whole.
struct KeyFile {
    let path: String

    var exists: Bool { FileManager.default.fileExists(atPath: path) }

    func read() throws(Failure) -> KeySet {
        let contents: [UInt8]
        do {
            contents = [UInt8](try Data(contentsOf: URL(filePath: path)))
        } catch {
            throw Failure("key", "cannot read the key file \(path)")
        }
        do throws(KeyError) {
            return try KeySet(jwkSet: contents)
        } catch {
            throw Failure("key", "\(path): \(error)")
        }
    }

    /// Writes beside the file and then moves the new one over the old, so that a reader sees either, never a part.
    ///
    /// A file that is there keeps its owner, who may be the user that a container runs as, and its place behind a link.
    func write(_ keys: [Key]) throws(Failure) {
        let text = try Failure.wrap { () throws(KeyError) in try KeySet(keys).jwkSet() + "\n" }
        becomeOwner()
        umask(0o077)
        do {
            try Data(text.utf8).write(to: URL(filePath: path).resolvingSymlinksInPath(), options: .atomic)
        } catch {
            throw Failure("key", "cannot write the key file \(path)")
        }
    }

    /// Goes on as the owner of the file, which only root can. Everyone else makes files of their own.
    private func becomeOwner() {
        guard geteuid() == 0, let attributes = try? FileManager.default.attributesOfItem(atPath: path),
            let group = attributes[.groupOwnerAccountID] as? UInt, let owner = attributes[.ownerAccountID] as? UInt
        else { return }
        setegid(gid_t(group))
        seteuid(uid_t(owner))
    }
}
