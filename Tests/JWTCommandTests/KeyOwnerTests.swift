import Foundation
import TestSupport
import Testing

/// What root does with a key file that another user owns, who may be the one that containers run as.
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

    private func expectThatTheFileIsTheirs() throws {
        let attributes = try FileManager.default.attributesOfItem(atPath: file)
        #expect(attributes[.ownerAccountID] as? Int == Self.owner)
        #expect(attributes[.groupOwnerAccountID] as? Int == Self.owner)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
    }

    @Test func `a file that root changes keeps its owner`() throws {
        #expect(try Command.jwt("keys", "rotate", "--file", file).status == 0)
        try expectThatTheFileIsTheirs()
    }

    @Test func `also behind a link that is root's own`() throws {
        try FileManager.default.createSymbolicLink(atPath: folder.path("link"), withDestinationPath: file)
        #expect(try Command.jwt("keys", "rotate", "--file", folder.path("link")).status == 0)
        try expectThatTheFileIsTheirs()
        #expect(try Command.jwt("keys", "list", "--file", file).output.split(separator: "\n").count == 2)
    }

    @Test func `a root that may not act as the owner changes nothing, and says as whom to run`() throws {
        let before = try Data(contentsOf: folder.file("theirs/keys.json"))
        for right in ["setuid", "setgid"] {
            let result = try Command.jwt("keys", "rotate", "--file", file, without: right)
            #expect(result.status == 1)
            #expect(result.error.hasPrefix("error: key: "))
            #expect(result.error.contains("run this as user \(Self.owner)"))
            #expect(try Data(contentsOf: folder.file("theirs/keys.json")) == before)
        }
        try expectThatTheFileIsTheirs()
    }

    @Test func `an owner who may not write in the folder is told so`() throws {
        try FileManager.default.setAttributes(
            [.ownerAccountID: 0, .groupOwnerAccountID: 0], ofItemAtPath: folder.path("theirs"))
        let result = try Command.jwt("keys", "rotate", "--file", file)
        #expect(result.status == 1)
        #expect(result.error.contains("user \(Self.owner) must have the right to write in its folder"))
        try expectThatTheFileIsTheirs()
    }
}
