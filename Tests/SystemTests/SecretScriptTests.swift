import Foundation
import TestSupport
import Testing

/// Runs `scripts/secret` with and without a stub of docker, and other scripts that use files of another user.
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

    @Test(.enabled(if: geteuid() == 0), arguments: ["secrets/jwt.json", "secrets/jwt.json.new"])
    func `root gives away and overwrites no file behind a link of another user`(link: String) async throws {
        let folder = try ScriptFolder("secret")
        try folder.stub("bin/docker")
        try Data("unchanged".utf8).write(to: folder.file("victim"))
        try FileManager.default.createDirectory(at: folder.file("secrets"), withIntermediateDirectories: false)
        for isHard in [false, true] {
            if isHard {
                try FileManager.default.linkItem(at: folder.file("victim"), to: folder.file(link))
            } else {
                try FileManager.default.createSymbolicLink(
                    at: folder.file(link), withDestinationURL: folder.file("victim"))
            }
            try await TestSupport.run(["/bin/chown", "1000:1000", "secrets"], in: folder.file("."))
            do {
                try await folder.run()
                #expect(link == "secrets/jwt.json.new")
            } catch let error as ClusterError {
                #expect(error.description.contains("Remove it."), "\(error)")
                #expect(link == "secrets/jwt.json")
            }
            let attributes = try FileManager.default.attributesOfItem(atPath: folder.file("victim").path)
            #expect(attributes[.ownerAccountID] as? Int == 0)
            #expect(try Data(contentsOf: folder.file("victim")) == Data("unchanged".utf8))
            try? FileManager.default.removeItem(at: folder.file(link))
        }
    }

    @Test(.enabled(if: geteuid() == 0)) func `a new secret of root in a folder of another user belongs to that user`()
        async throws
    {
        let folder = try ScriptFolder("secret")
        try FileManager.default.createDirectory(at: folder.file("secrets"), withIntermediateDirectories: false)
        try await TestSupport.run(["/bin/chown", "1000:1000", "secrets"], in: folder.file("."))
        try await folder.run()
        let attributes = try FileManager.default.attributesOfItem(atPath: folder.file("secrets/jwt.json").path)
        #expect(attributes[.ownerAccountID] as? Int == 1000)
    }

    @Test(
        .enabled(if: geteuid() == 0),
        arguments: [
            ("", "HALLPASS_USER=1000:1000\n"), ("LOG_LEVEL=debug", "LOG_LEVEL=debug\nHALLPASS_USER=1000:1000\n"),
            ("A=b\r\nC=d", "A=b\r\nC=d\nHALLPASS_USER=1000:1000\n"), ("A=b\n", "A=b\nHALLPASS_USER=1000:1000\n"),
            ("HALLPASS_USER='1000:1000' # me", "HALLPASS_USER='1000:1000' # me"),
            ("#HALLPASS_USER=1000:1000\n", "#HALLPASS_USER=1000:1000\nHALLPASS_USER=1000:1000\n"),
        ])
    func `a user who creates the secret is added to the file of variables on a separate line`(
        before: String, after: String
    ) async throws {
        let folder = try ScriptFolder("secret")
        if !before.isEmpty { try Data(before.utf8).write(to: folder.file(".env")) }
        try await TestSupport.run(["/bin/chown", "-R", "1000:1000", "."], in: folder.file("."))
        try await TestSupport.run(
            ["/usr/bin/setpriv", "--reuid", "1000", "--regid", "1000", "--clear-groups", "scripts/secret"],
            in: folder.file("."))
        #expect(try String(contentsOf: folder.file(".env"), encoding: .utf8) == after)
    }

    @Test(
        .enabled(if: geteuid() == 0),
        arguments: [
            "HALLPASS_USER=1234:1234\r\n", "HALLPASS_USER=\"1234:1234\"",
            " export HALLPASS_USER = '1234:1234' # them\n",
            "HALLPASS_USER=1234:1234 # them\nX=1",
        ])
    func `a line of the file of variables may have quotes, a comment and a carriage return`(line: String) async throws {
        try Data(line.utf8).write(to: folder.file(".env"))
        try await folder.run()
        try expectOwner(1234)
    }

    @Test func `variables and functions of the caller play no part in a script`() async throws {
        let folder = try ScriptFolder("secret")
        try FileManager.default.createDirectory(
            at: folder.file("other/scripts"), withIntermediateDirectories: true)
        try Data("touch pwned; umask() { :; }\n".utf8).write(to: folder.file("startup"))
        try await folder.run(environment: [
            "CDPATH": folder.file("other").path, "BASH_ENV": folder.file("startup").path,
            "ENV": folder.file("startup").path,
            "BASH_FUNC_mkdir%%": "() { touch pwned; }", "SHELLOPTS": "noexec", "IFS": "j", "GLOBIGNORE": "*",
            "POSIXLY_CORRECT": "1", "LC_ALL": "xx_XX",
        ])
        let files = try FileManager.default.subpathsOfDirectory(atPath: folder.file(".").path)
        #expect(files.contains("secrets/jwt.json"))
        #expect(!files.contains("pwned") && !files.contains("other/secrets"))
    }

    @Test func `a script works in a folder whose name has blanks`() async throws {
        let folder = try ScriptFolder("secret")
        try FileManager.default.createDirectory(at: folder.file("a folder"), withIntermediateDirectories: false)
        for name in ["scripts", "Services"] {
            try FileManager.default.moveItem(at: folder.file(name), to: folder.file("a folder/\(name)"))
        }
        try await TestSupport.run(["a folder/scripts/secret"], in: folder.file("."))
        #expect(FileManager.default.fileExists(atPath: folder.file("a folder/secrets/jwt.json").path))
    }

    @Test func `a process id in a damaged file is no running service`() async throws {
        let folder = try ScriptFolder("down")
        try FileManager.default.createDirectory(at: folder.file("run"), withIntermediateDirectories: false)
        for text in ["-1", "-1 \n", "12", "999999999 \n", "x y", "0 0\n", "\n"] {
            try Data(text.utf8).write(to: folder.file("run/login.pid"))
            #expect(try await folder.run("login") == "login is not running.\n", "\(text)")
        }
    }

    @Test func `a process that has ended is no running service, although its parent has not noticed that`() async throws
    {
        let folder = try ScriptFolder("down")
        try FileManager.default.createDirectory(at: folder.file("run"), withIntermediateDirectories: false)
        // The process ends when its parent has become `tail`, which never waits for it.
        let script = """
            (sh -c 'until grep -q tail /proc/$PPID/comm; do :; done' & echo $! >ended; exec tail -f /dev/null) &
            until grep -q ') Z ' "/proc/$(cat ended)/stat"; do :; done 2>/dev/null
            echo "$(cat ended) $(sed 's/.*) //' "/proc/$(cat ended)/stat" | cut -d ' ' -f 20)" >run/login.pid
            scripts/down login
            kill $!
            """
        let output = try await TestSupport.run(["/bin/bash", "-c", script], in: folder.file("."))
        #expect(output == "login is not running.\n")
    }

    @Test(.enabled(if: geteuid() == 0), arguments: ["down", "status", "logs"])
    func `root trusts no process ids and logs in a folder of another user`(script: String) async throws {
        let folder = try ScriptFolder(script)
        try FileManager.default.createDirectory(at: folder.file("run"), withIntermediateDirectories: false)
        try await TestSupport.run(["/bin/chown", "1000:1000", "run"], in: folder.file("."))
        let error = await #expect(throws: ClusterError.self) {
            if script == "status" { try await folder.run() } else { try await folder.run("login") }
        }
        #expect(error?.description.contains("The folder run belongs to another user.") == true)
    }
}
