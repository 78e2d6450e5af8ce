import Foundation
import TestSupport
import Testing

/// Runs `scripts/secret` with and without a stub of docker.
@Suite struct SecretScriptTests {
    private let folder: ScriptFolder

    init() throws {
        let tools = [
            "bash", "base64", "chown", "dirname", "head", "id", "mkdir", "mv", "sed", "sh", "tail", "tr", "rm",
        ]
        folder = try ScriptFolder("secret", tools: tools)
    }

    private func attribute(_ key: FileAttributeKey, of name: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: folder.file(name).path)[key] as? Int
    }

    private func expectOwner(_ owner: Int) throws {
        for name in ["secrets", "secrets/jwt.json"] {
            #expect(try attribute(.ownerAccountID, of: name) == owner)
            #expect(try attribute(.groupOwnerAccountID, of: name) == owner)
        }
    }

    @Test func `the script creates a secret that only its owner can read, and keeps an existing one`() async throws {
        try await folder.run()
        #expect(try attribute(.posixPermissions, of: "secrets") == 0o700)
        #expect(try attribute(.posixPermissions, of: "secrets/jwt.json") == 0o600)
        let secret = try Data(contentsOf: folder.file("secrets/jwt.json"))
        try await folder.run()
        #expect(try Data(contentsOf: folder.file("secrets/jwt.json")) == secret)
    }

    @Test(.enabled(if: geteuid() == 0)) func `a secret of root stays with root if docker is not installed`()
        async throws
    {
        try await folder.run()
        try expectOwner(0)
    }

    @Test(.enabled(if: geteuid() == 0))
    func `a secret of root is given to the user of the containers, and that of another user is not`()
        async throws
    {
        try folder.stub("bin/docker")
        try await folder.run()
        try expectOwner(1000)
        try await folder.run(environment: ["HALLPASS_USER": "1234:1234"])
        try expectOwner(1000)
    }

    @Test(.enabled(if: geteuid() == 0), arguments: [false, true])
    func `a secret of root is given to the user that HALLPASS_USER names`(isInFile: Bool) async throws {
        let name = "HALLPASS_USER=1234:1234\n"
        if isInFile { try Data("HALLPASS_USER=1:1\n\(name)".utf8).write(to: folder.file(".env")) }
        try await folder.run(environment: isInFile ? [:] : ["HALLPASS_USER": "1234:1234"])
        try expectOwner(1234)
    }
}
