import Foundation
import TestSupport
import Testing

/// Changes of a key file by root, when another user owns it, such as the user of a container.
@Suite(.enabled(if: geteuid() == 0)) struct KeyOwnerTests {
    private static let owner = 1000
    private let folder: TemporaryFolder
    private let file: String

    init() throws {
        folder = try TemporaryFolder()
        try FileManager.default.createDirectory(at: folder.file("theirs"), withIntermediateDirectories: false)
        file = folder.path("theirs/keys.json")
        _ = try Command.jwt("keys", "new", "--file", file)
        for path in [folder.path("theirs"), file] {
            try FileManager.default.setAttributes(
                [.ownerAccountID: Self.owner, .groupOwnerAccountID: Self.owner], ofItemAtPath: path)
        }
    }

    private func expectThatTheOwnerIsKept() throws {
        let attributes = try FileManager.default.attributesOfItem(atPath: file)
        #expect(attributes[.ownerAccountID] as? Int == Self.owner)
        #expect(attributes[.groupOwnerAccountID] as? Int == Self.owner)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
    }

    @Test func `a file that root changes keeps its owner`() throws {
        #expect(try Command.jwt("keys", "rotate", "--file", file).status == 0)
        try expectThatTheOwnerIsKept()
    }

    @Test func `a file that root changes through its own link keeps its owner`() throws {
        try FileManager.default.createSymbolicLink(atPath: folder.path("link"), withDestinationPath: file)
        #expect(try Command.jwt("keys", "rotate", "--file", folder.path("link")).status == 0)
        try expectThatTheOwnerIsKept()
        #expect(try Command.jwt("keys", "list", "--file", file).output.split(separator: "\n").count == 2)
    }

    @Test func `a root without the right to act as the owner changes nothing, and names the user to run as`() throws {
        let before = try Data(contentsOf: folder.file("theirs/keys.json"))
        for right in ["setuid", "setgid"] {
            let result = try Command.jwt("keys", "rotate", "--file", file, without: right)
            #expect(result.status == 1)
            #expect(result.error.hasPrefix("error: key: "))
            #expect(result.error.contains("run the command as user \(Self.owner)"))
            #expect(try Data(contentsOf: folder.file("theirs/keys.json")) == before)
        }
        try expectThatTheOwnerIsKept()
    }

    @Test func `an owner without the right to write in the folder gets an error that names it`() throws {
        try FileManager.default.setAttributes(
            [.ownerAccountID: 0, .groupOwnerAccountID: 0], ofItemAtPath: folder.path("theirs"))
        let result = try Command.jwt("keys", "rotate", "--file", file)
        #expect(result.status == 1)
        #expect(result.error.contains("user \(Self.owner) needs the right to write in its folder"))
        try expectThatTheOwnerIsKept()
    }
}
