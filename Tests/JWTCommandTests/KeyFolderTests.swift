import Foundation
import TestSupport
import Testing

/// Key files behind links, and in folders that another user can change.
@Suite struct KeyFolderTests {
    private static let stranger = 1000
    private let folder: TemporaryFolder
    private let victim: String

    init() throws {
        folder = try TemporaryFolder()
        for name in ["mine", "theirs"] {
            try FileManager.default.createDirectory(at: folder.file(name), withIntermediateDirectories: false)
        }
        victim = folder.path("mine/keys.json")
        _ = try Command.jwt("keys", "new", "--file", victim, "--id", "old")
    }

    private func giveAway(_ name: String) throws {
        try FileManager.default.setAttributes(
            [.ownerAccountID: Self.stranger, .groupOwnerAccountID: Self.stranger], ofItemAtPath: folder.path(name))
    }

    private func owner(of path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.ownerAccountID] as? Int
    }

    /// Runs each command that reads or changes the file at a path, and expects that all of them fail.
    private func expectRefusal(at path: String, containing text: String) throws {
        let before = try Data(contentsOf: URL(filePath: victim))
        let commands = [
            ["keys", "list", "--file"], ["keys", "add", "--file"], ["keys", "rotate", "--file"],
            ["keys", "retire", "--file"], ["keys", "promote", "--id", "old", "--file"], ["sign", "--keys"],
            ["verify", "--keys"],
        ]
        for command in commands {
            let result = try Command.run(command + [path], input: "{}")
            #expect(result.status == 1 && result.output == "", "\(command)")
            #expect(result.error.hasPrefix("error: key: ") && result.error.contains(text), "\(result.error)")
        }
        #expect(try Command.jwt("keys", "new", "--file", path).status == 1)
        #expect(try Data(contentsOf: URL(filePath: victim)) == before)
        #expect(try owner(of: victim) == Int(geteuid()))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path("mine")) == ["keys.json"])
    }

    @Test(.enabled(if: geteuid() == 0)) func `root follows no link in a folder of another user`() throws {
        try FileManager.default.createSymbolicLink(
            atPath: folder.path("theirs/keys.json"), withDestinationPath: victim)
        try giveAway("theirs")
        try expectRefusal(at: folder.path("theirs/keys.json"), containing: "is a link in a folder of another user")
    }

    @Test(.enabled(if: geteuid() == 0)) func `root enters no link to a folder in a folder of another user`() throws {
        try FileManager.default.createSymbolicLink(
            atPath: folder.path("theirs/more"), withDestinationPath: folder.path("mine"))
        try giveAway("theirs")
        try expectRefusal(at: folder.path("theirs/more/keys.json"), containing: "is a link in a folder of another user")
    }

    @Test(.enabled(if: geteuid() == 0)) func `root uses no second name of its file in a folder of another user`() throws
    {
        try FileManager.default.linkItem(atPath: victim, toPath: folder.path("theirs/keys.json"))
        try giveAway("theirs")
        try expectRefusal(at: folder.path("theirs/keys.json"), containing: "as user \(Self.stranger)")
    }

    @Test(.enabled(if: geteuid() == 0)) func `a new file of root in a folder of another user belongs to that user`()
        throws
    {
        try giveAway("theirs")
        #expect(try Command.jwt("keys", "new", "--file", folder.path("theirs/keys.json")).status == 0)
        #expect(try owner(of: folder.path("theirs/keys.json")) == Self.stranger)
    }

    @Test func `a new file is not created through a link`() throws {
        for target in [folder.path("mine/other.json"), "other.json", "../mine/keys.json"] {
            let link = folder.path("theirs/keys.json")
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: target)
            let result = try Command.jwt("keys", "new", "--file", link)
            #expect(result.status == 1)
            #expect(result.error.contains("it is a link"))
            #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == target)
            try FileManager.default.removeItem(atPath: link)
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path("mine")) == ["keys.json"])
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path("theirs")) == [])
    }

    @Test func `a file is found through own links and relative paths, and a circle of links is an error`() throws {
        let links = [("a", "mine/../b"), ("b", "mine"), ("c", "d"), ("d", "c")]
        for (name, target) in links {
            try FileManager.default.createSymbolicLink(atPath: folder.path(name), withDestinationPath: target)
        }
        let list = { (path: String) in
            try Command.shell("cd '\(folder.path)/theirs' && \"$0\" keys list --file \(path)")
        }
        for path in ["../mine/keys.json", "../a/keys.json", "./..//b/keys.json", "\(folder.path)/a/./keys.json"] {
            #expect(try list(path).output == "old\tHS256\tsigns, verifies\n", "\(path)")
        }
        for path in ["../c/keys.json", "../c", "''", "/", "../none/keys.json", "../mine"] {
            #expect(try list(path).error.hasPrefix("error: key: "), "\(path)")
        }
    }

    @Test(arguments: [0o604, 0o640, 0o606])
    func `a file that others can use gets a warning after the output`(permissions: Int) throws {
        let expected = "warning: other users can read or change \(victim); run: chmod 600 \(victim)\n"
        let token = try Command.jwt("sign", "--keys", victim, input: "{}")
        #expect(token.error == "")
        try FileManager.default.setAttributes([.posixPermissions: permissions], ofItemAtPath: victim)
        for arguments in [
            ["keys", "list", "--file", victim], ["sign", "--keys", victim], ["verify", "--keys", victim],
        ] {
            let result = try Command.run(arguments, input: arguments[0] == "verify" ? token.output : "")
            #expect(result.status == 0 && result.error == expected, "\(result.error)")
        }
        let failed = try Command.jwt("verify", "--keys", victim, input: "x").error
        #expect(failed.hasPrefix("error: malformed: ") && failed.hasSuffix(expected))
        #expect(try Command.jwt("keys", "add", "--file", victim).status == 0)
        #expect(try Command.jwt("keys", "list", "--file", victim).error == "")
    }
}
