import ArgumentParser
import FoundationEssentials
import JWT
import Libcrypto

/// `jwt keys`: creates and changes a key file.
struct KeysCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "Create and change a key file (JWK Set, RFC 7517).",
        discussion: """
            The first key that may sign does, and all keys verify. A running service reads a changed file by itself. \
            To change the keys of several services: add, wait until all have read the file, promote, wait until the last \
            token of the old key has expired, retire. For a single service, rotate replaces add and promote.
            """,
        subcommands: [New.self, List.self, Add.self, Promote.self, Rotate.self, Retire.self])

    struct FileOption: ParsableArguments {
        @Option(name: .customLong("file"), help: "The key file.") var path: String

        var file: KeyFile { KeyFile(path: path) }
    }

    struct New: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Create a file with one new key.")
        @OptionGroup var option: FileOption
        @Option(help: "HS256, HS384 or HS512.") var algorithm = Algorithm.hs256
        @Option(help: "The identifier of the key (kid). Without it, a date and random digits.") var id: String?

        func run() throws {
            try option.file.create(.new(algorithm, id: id))
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the keys without their secrets.")
        @OptionGroup var option: FileOption

        func run() throws {
            let keys = try option.file.read().keys
            for (index, key) in keys.keys.enumerated() {
                let name = (key.id ?? "(no kid)").escapedForTerminal
                let uses = index == keys.signingIndex ? "signs, verifies" : "verifies"
                try Console.write("\(name)\t\(key.algorithm.rawValue)\t\(uses)")
            }
        }
    }

    /// The options of the new key for an existing file.
    struct NewKeyOptions: ParsableArguments {
        @Option(help: "HS256, HS384 or HS512. Without it, the algorithm of the key that signs now.") var algorithm:
            Algorithm?
        @Option(help: "The identifier of the new key (kid). Without it, a date and random digits.") var id: String?

        func key(besides keys: KeySet) throws(CommandError) -> Key {
            try .new(algorithm ?? keys.signingKey.algorithm, id: id)
        }
    }

    struct Add: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Add a new key that verifies but does not sign yet.")
        @OptionGroup var option: FileOption
        @OptionGroup var new: NewKeyOptions

        func run() throws {
            try option.file.change { contents throws(CommandError) in
                contents.entries.append(try new.key(besides: contents.keys).jwk)
            }
        }
    }

    struct Promote: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Make a key the one that signs.")
        @OptionGroup var option: FileOption
        @Option(help: "The identifier of the key (kid).") var id: String

        func run() throws {
            try option.file.change { contents throws(CommandError) in
                let keys = contents.keys.keys
                guard let index = keys.firstIndex(where: { $0.hasID(id) }) else {
                    throw CommandError(.key, "no key has this identifier")
                }
                guard keys[index].maySign else { throw CommandError(.key, "this key may only verify (key_ops)") }
                contents.entries.insert(contents.entries.remove(at: index), at: 0)
            }
        }
    }

    struct Rotate: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Add a new key that signs. The other keys still verify.")
        @OptionGroup var option: FileOption
        @OptionGroup var new: NewKeyOptions

        func run() throws {
            try option.file.change { contents throws(CommandError) in
                contents.entries.insert(try new.key(besides: contents.keys).jwk, at: 0)
            }
        }
    }

    struct Retire: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove keys that do not sign: all of them, or the one with --id.")
        @OptionGroup var option: FileOption
        @Option(help: "The identifier of the key to remove (kid).") var id: String?

        func run() throws {
            try option.file.change { contents throws(CommandError) in
                let kept = if let id { try all(of: contents.keys, but: id) } else { try signing(contents.keys) }
                contents.entries = kept.map { contents.entries[$0] }
            }
        }

        private func signing(_ keys: KeySet) throws(CommandError) -> [Int] {
            guard let index = keys.signingIndex else { throw CommandError(.key, "no key of the file may sign") }
            return [index]
        }

        private func all(of keys: KeySet, but id: String) throws(CommandError) -> [Int] {
            let rest = keys.keys.indices.filter { !keys.keys[$0].hasID(id) }
            guard rest.count < keys.keys.count else { throw CommandError(.key, "no key has this identifier") }
            guard keys.signingIndex.map(rest.contains) ?? true else {
                throw CommandError(
                    .key, "this key signs; rotate first, and retire this key when its tokens have expired")
            }
            return rest
        }
    }
}

extension Key {
    fileprivate func hasID(_ id: String) -> Bool {
        self.id?.utf8.elementsEqual(id.utf8) ?? false
    }

    /// A random key. Without `id`, its identifier is the date of today and four random hexadecimal digits.
    fileprivate static func new(_ algorithm: Algorithm, id: String?) throws(CommandError) -> Key {
        let today = Date.now.formatted(.iso8601.year().month().day())
        let digits = randomBytes(2).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        return try CommandError.convert { () throws(KeyError) in
            try .generate(algorithm, id: id ?? "\(today)-\(digits)")
        }
    }
}
