import Foundation
import TestSupport
import Testing

@Suite struct KeysCommandTests {
    private let folder: TemporaryFolder
    private let file: String

    init() throws {
        folder = try TemporaryFolder()
        file = folder.path("keys.json")
    }

    @Test func `a new file is readable by its owner only, and is never overwritten`() throws {
        #expect(try Command.jwt("keys", "new", "--file", file).status == 0)
        let attributes = try FileManager.default.attributesOfItem(atPath: file)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        let contents = try Data(contentsOf: folder.file("keys.json"))
        let again = try Command.jwt("keys", "new", "--file", file)
        #expect(again.status == 1)
        #expect(again.error.hasPrefix("error: key: "))
        #expect(try Data(contentsOf: folder.file("keys.json")) == contents)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["keys.json"])
    }

    @Test func `a rotated file signs with the new key, and verifies tokens of the old one until it is retired`() throws
    {
        _ = try Command.jwt("keys", "new", "--file", file, "--id", "old")
        let token = try Command.jwt("sign", "--keys", file, input: #"{"sub":"a"}"#).output
        #expect(try Command.jwt("keys", "rotate", "--file", file, "--id", "new").status == 0)
        #expect(
            try Command.jwt("keys", "list", "--file", file).output
                == "new\tHS256\tsigns, verifies\nold\tHS256\tverifies\n")
        #expect(try Command.jwt("verify", "--keys", file, input: token).status == 0)
        #expect(try Command.jwt("keys", "retire", "--file", file, "--id", "new").status == 1)
        #expect(try Command.jwt("keys", "retire", "--file", file).status == 0)
        let rejected = try Command.jwt("verify", "--keys", file, input: token)
        #expect(rejected.error.hasPrefix("error: key: "))
        #expect(try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int == 0o600)
    }

    @Test func `an added key verifies, and signs after it is promoted`() throws {
        _ = try Command.jwt("keys", "new", "--file", file, "--id", "old")
        #expect(try Command.jwt("keys", "add", "--file", file, "--id", "new").status == 0)
        #expect(try Command.jwt("keys", "add", "--file", file, "--id", "new").error.hasPrefix("error: key: "))
        let list = { try Command.jwt("keys", "list", "--file", file).output }
        #expect(try list() == "old\tHS256\tsigns, verifies\nnew\tHS256\tverifies\n")
        for _ in 1...2 {
            #expect(try Command.jwt("keys", "promote", "--file", file, "--id", "new").status == 0)
            #expect(try list() == "new\tHS256\tsigns, verifies\nold\tHS256\tverifies\n")
        }
        #expect(
            try Command.jwt("keys", "promote", "--file", file, "--id", "none").error.contains(
                "no key has this identifier"))
    }

    @Test func `keys of another type are ignored with a warning, and stay in the file`() throws {
        _ = try Command.jwt("keys", "new", "--file", file, "--id", "old")
        let token = try Command.jwt("sign", "--keys", file, input: #"{"sub":"a"}"#).output
        let rsa = #"{"kty":"RSA","kid":"r","n":"AQAB","e":"AQAB"}"#
        let text = try String(contentsOfFile: file, encoding: .utf8)
        try text.replacing("[", with: "[\(rsa),").write(toFile: file, atomically: true, encoding: .utf8)
        let verified = try Command.jwt("verify", "--keys", file, input: token)
        #expect(verified.status == 0)
        #expect(verified.error.contains("ignored 1 keys"))
        #expect(try Command.jwt("keys", "add", "--file", file, "--id", "new").status == 0)
        #expect(try Command.jwt("keys", "promote", "--file", file, "--id", "new").status == 0)
        #expect(
            try Command.jwt("keys", "list", "--file", file).output
                == "new\tHS256\tsigns, verifies\nold\tHS256\tverifies\n")
        #expect(try Command.jwt("keys", "retire", "--file", file).status == 0)
        #expect(try Command.jwt("keys", "list", "--file", file).output == "new\tHS256\tsigns, verifies\n")
        #expect(try String(contentsOfFile: file, encoding: .utf8).contains(rsa))
    }

    @Test func `a change through a symbolic link changes the file and keeps the link`() throws {
        _ = try Command.jwt("keys", "new", "--file", file)
        try FileManager.default.createSymbolicLink(atPath: folder.path("link"), withDestinationPath: file)
        #expect(try Command.jwt("keys", "add", "--file", folder.path("link")).status == 0)
        #expect(try Command.jwt("keys", "list", "--file", file).output.split(separator: "\n").count == 2)
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder.path("link")) == file)
    }

    @Test func `many commands that change a file at once lose no change`() throws {
        _ = try Command.jwt("keys", "new", "--file", file, "--id", "first")
        let names = (1...40).map { "key-\($0)" }
        let statuses = try Command.jwtAtOnce(names.map { ["keys", "add", "--file", file, "--id", $0] })
        #expect(statuses == names.map { _ in 0 })
        let lines = try Command.jwt("keys", "list", "--file", file).output.split(separator: "\n")
        #expect(lines.first == "first\tHS256\tsigns, verifies")
        #expect(Set(lines.dropFirst().map(String.init)) == Set(names.map { "\($0)\tHS256\tverifies" }))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["keys.json"])
    }

    @Test func `only one of many commands that create a file at once succeeds`() throws {
        let statuses = try Command.jwtAtOnce((1...20).map { ["keys", "new", "--file", file, "--id", "key-\($0)"] })
        let winner = try #require(statuses.firstIndex(of: 0))
        #expect(statuses.count { $0 == 0 } == 1)
        #expect(
            try Command.jwt("keys", "list", "--file", file).output == "key-\(winner + 1)\tHS256\tsigns, verifies\n")
    }

    @Test func `the output of the key commands never shows a secret`() throws {
        _ = try Command.jwt("keys", "new", "--file", file)
        let set = try #require(
            try JSONSerialization.jsonObject(with: Data(contentsOf: folder.file("keys.json"))) as? [String: Any])
        let key = try #require((set["keys"] as? [[String: Any]])?.first)
        let secret = try #require(key["k"] as? String)
        #expect(secret.utf8.count == 43)
        for arguments in ["list", "add", "rotate", "retire"] {
            let result = try Command.jwt("keys", arguments, "--file", file)
            #expect(!(result.output + result.error).contains(secret))
        }
    }

    @Test func `a file that is missing or not a key set is an error with a sentence`() throws {
        try Data("{}".utf8).write(to: folder.file("keys.json"))
        let result = try Command.jwt("keys", "list", "--file", file)
        #expect(result.status == 1)
        #expect(result.error.contains("not a JWK Set"))
        #expect(try Command.jwt("keys", "list", "--file", folder.path("missing")).error.contains("cannot read"))
    }

    /// Writes a file with a key for each text of members, and with a member that the command does not know.
    private func writeKeys(_ keys: String...) throws {
        let secret = String(repeating: "Q", count: 42) + "E"
        let entries = keys.map { #"{"kty":"oct","alg":"HS256","k":"\#(secret)",\#($0)}"# }
        let set = #"{"note":"x","keys":[\#(entries.joined(separator: ","))]}"#
        try Data(set.utf8).write(to: folder.file("keys.json"))
    }

    @Test func `a key that may only verify does not sign`() throws {
        try writeKeys(#""kid":"a","key_ops":["verify"]"#, #""kid":"b","key_ops":["sign","verify"]"#)
        let token = try Command.jwt("sign", "--keys", file, input: "{}").output
        #expect(try Command.jwt("inspect", input: token).output.contains(#""kid": "b""#))
        #expect(
            try Command.jwt("keys", "list", "--file", file).output == "a\tHS256\tverifies\nb\tHS256\tsigns, verifies\n")
        #expect(try Command.jwt("keys", "promote", "--file", file, "--id", "a").error.contains("may only verify"))
        #expect(try Command.jwt("keys", "retire", "--file", file, "--id", "b").error.contains("this key signs"))
        #expect(try Command.jwt("verify", "--keys", file, input: token).status == 0)

        try writeKeys(#""kid":"a","key_ops":["verify"]"#)
        #expect(try Command.jwt("sign", "--keys", file, input: "{}").error.hasPrefix("error: key: "))
        #expect(try Command.jwt("keys", "retire", "--file", file).error.contains("no key of the file may sign"))
        #expect(try Command.jwt("keys", "rotate", "--file", file, "--id", "b").status == 0)
        #expect(try Command.jwt("keys", "retire", "--file", file).status == 0)
        #expect(try Command.jwt("keys", "list", "--file", file).output == "b\tHS256\tsigns, verifies\n")
    }

    @Test func `a changed file keeps its unknown members`() throws {
        try writeKeys(#""kid":"a","key_ops":["verify"],"x":[1]"#, #""kid":"b","ext":true"#, #""kid":"c""#)
        #expect(try Command.jwt("keys", "promote", "--file", file, "--id", "c").status == 0)
        #expect(try Command.jwt("keys", "add", "--file", file, "--id", "d").status == 0)
        #expect(try Command.jwt("keys", "rotate", "--file", file, "--id", "e").status == 0)
        #expect(try Command.jwt("keys", "retire", "--file", file, "--id", "c").status == 0)
        let set = try #require(
            try JSONSerialization.jsonObject(with: Data(contentsOf: folder.file("keys.json"))) as? [String: Any])
        let keys = try #require(set["keys"] as? [[String: Any]])
        #expect(keys.map { $0["kid"] as? String } == ["e", "a", "b", "d"])
        #expect(set["note"] as? String == "x")
        #expect(keys[1]["key_ops"] as? [String] == ["verify"])
        #expect(keys[1]["x"] as? [Int] == [1])
        #expect(keys[2]["ext"] as? Bool == true)
    }

    @Test func `an identifier is listed with its control characters escaped`() throws {
        try writeKeys(#""kid":"\u001b[2J\u009b1m\u202e\n""#)
        #expect(
            try Command.jwt("keys", "list", "--file", file).output
                == #"\u001b[2J\u009b1m\u202e\u000a"# + "\tHS256\tsigns, verifies\n")
    }
}
