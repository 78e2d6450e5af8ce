import ArgumentParser
import FoundationEssentials
import JWT
import Libcrypto

/// `jwt keys`: the life of a key file.
struct KeysCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "Make and change a file of keys (JWK Set, RFC 7517).",
        discussion: """
            The first key of a file that may sign does, all of them verify. Services notice a changed file by themselves. \
            To change the keys of several services: add, wait until all of them have read the file, promote, wait until \
            the last token of the old key has expired, retire. Where only one service has the file, rotate stands for add \
            and promote.
            """,
        subcommands: [New.self, List.self, Add.self, Promote.self, Rotate.self, Retire.self])

    struct FileOption: ParsableArguments {
        @Option(name: .customLong("file"), help: "The key file.") var path: String

        var file: KeyFile { KeyFile(path: path) }
    }

    struct New: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Make a file with one new key.")
        @OptionGroup var option: FileOption
        @Option(help: "HS256, HS384 or HS512.") var algorithm = Algorithm.hs256
        @Option(help: "The key's name (kid); a date and some digits when left out.") var id: String?

        func run() throws {
            try option.file.create(.new(algorithm, id: id))
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the keys by name, without their secrets.")
        @OptionGroup var option: FileOption

        func run() throws {
            let keys = try option.file.read().keys
            for (index, key) in keys.keys.enumerated() {
                let name = (key.id ?? "(no name)").escapedForTerminal
                let uses = index == keys.signingIndex ? "signs, verifies" : "verifies"
                print("\(name)\t\(key.algorithm.rawValue)\t\(uses)")
            }
        }
    }

    /// The new key of a file that has keys already.
    struct NewKeyOptions: ParsableArguments {
        @Option(help: "HS256, HS384 or HS512; that of the key that signs now when left out.") var algorithm: Algorithm?
        @Option(help: "The new key's name (kid).") var id: String?

        func key(besides keys: KeySet) throws(Failure) -> Key {
            try .new(algorithm ?? keys.signingKey.algorithm, id: id)
        }
    }

    struct Add: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Put a new key last: it verifies and does not sign yet.")
        @OptionGroup var option: FileOption
        @OptionGroup var new: NewKeyOptions

        func run() throws {
            try option.file.change { contents throws(Failure) in
                contents.entries.append(try new.key(besides: contents.keys).jwk)
            }
        }
    }

    struct Promote: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Put a key first: it signs from now on.")
        @OptionGroup var option: FileOption
        @Option(help: "The name (kid) of the key.") var id: String

        func run() throws {
            try option.file.change { contents throws(Failure) in
                let keys = contents.keys.keys
                guard let index = keys.firstIndex(where: { $0.isNamed(id) }) else {
                    throw Failure("key", "no key has this name")
                }
                guard keys[index].maySign else { throw Failure("key", "this key is for verifying only (key_ops)") }
                contents.entries.insert(contents.entries.remove(at: index), at: 0)
            }
        }
    }

    struct Rotate: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Put a new key first; the others go on verifying.")
        @OptionGroup var option: FileOption
        @OptionGroup var new: NewKeyOptions

        func run() throws {
            try option.file.change { contents throws(Failure) in
                contents.entries.insert(try new.key(besides: contents.keys).jwk, at: 0)
            }
        }
    }

    struct Retire: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove keys that no longer sign: all but the one that does, or the one that is named.")
        @OptionGroup var option: FileOption
        @Option(help: "The name (kid) of the key to remove.") var id: String?

        func run() throws {
            try option.file.change { contents throws(Failure) in
                let kept = if let id { try all(of: contents.keys, but: id) } else { try signing(contents.keys) }
                contents.entries = kept.map { contents.entries[$0] }
            }
        }

        private func signing(_ keys: KeySet) throws(Failure) -> [Int] {
            guard let index = keys.signingIndex else { throw Failure("key", "no key of the file signs") }
            return [index]
        }

        private func all(of keys: KeySet, but id: String) throws(Failure) -> [Int] {
            let rest = keys.keys.indices.filter { !keys.keys[$0].isNamed(id) }
            guard rest.count < keys.keys.count else { throw Failure("key", "no key has this name") }
            guard keys.signingIndex.map(rest.contains) ?? true else {
                throw Failure("key", "this key signs; rotate first, and retire it once its tokens have expired")
            }
            return rest
        }
    }
}

extension Key {
    fileprivate func isNamed(_ name: String) -> Bool {
        id?.utf8.elementsEqual(name.utf8) ?? false
    }

    /// A random key; without a name given, one of today's date and four digits.
    fileprivate static func new(_ algorithm: Algorithm, id: String?) throws(Failure) -> Key {
        let today = Date.now.formatted(.iso8601.year().month().day())
        let digits = randomBytes(2).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        return try Failure.wrap { () throws(KeyError) in try .generate(algorithm, id: id ?? "\(today)-\(digits)") }
    }
}

extension Failure {
    /// Runs `body` and says its error in the form of the command.
    static func wrap<Value>(_ body: () throws(KeyError) -> Value) throws(Failure) -> Value {
        do throws(KeyError) {
            return try body()
        } catch {
            throw Failure(error)
        }
    }
}
