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
    func write(_ keys: KeySet) throws(Failure) {
        umask(0o077)
        do {
            try Data((keys.jwkSet() + "\n").utf8).write(to: URL(filePath: path), options: .atomic)
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        } catch {
            throw Failure("key", "cannot write the key file \(path)")
        }
    }
}
