import Foundation
import TestSupport
import Testing

/// Runs `scripts/new-service` and `scripts/remove-service` in copies of the project.
@Suite(.serialized, .enabled(if: ServiceName.isListUnchanged)) struct NewServiceTests {
    @Test func `a new service is registered in every file, and its removal restores the project`() async throws {
        let copy = try await ProjectCopy()
        let before = try copy.files
        let output = try await copy.run("scripts/new-service", ["bookmarks"])
        #expect(output.contains("Added bookmarks, which listens on port 8086."))
        try await copy.check()
        for (path, text) in [
            ("Services/services.txt", "bookmarks 8086\n"), ("Package.swift", #"serviceTests("Bookmarks")"#),
            ("docker-compose.yml", #"volumes: [*secrets, "bookmarks:/data"]"#),
            ("compose.scale.yml", "postgres://bookmarks@postgres/bookmarks"),
            ("deploy/compose/databases.sh", " bookmarks; do"), ("deploy/compose/haproxy.cfg", "listen bookmarks\n"),
            ("deploy/kubernetes/base/bookmarks.yaml", "containerPort: 8086 }"),
            ("deploy/kubernetes/base/network-policies.yaml", "  name: bookmarks\n"),
            ("deploy/kubernetes/overlays/example/kustomization.yaml", "bookmarks=https://bookmarks.example"),
            ("deploy/prometheus/prometheus.yml", "{ names: [bookmarks], type: A, port: 8086 }"),
            ("deploy/prometheus/rules.yml", #"or absent(up{job="hallpass", service="bookmarks"})"#),
            ("Services/Login/KnownServices.swift", #""bookmarks": 8086"#),
            ("docs/configuration.md", "`login catalog orders inbox bookmarks`"),
        ] {
            #expect(try copy.text(path).contains(text), "\(path)")
        }
        #expect(try await copy.run("scripts/remove-service", ["bookmarks"]) == "Removed bookmarks.\n")
        #expect(try copy.files == before)
    }

    @Test(arguments: [
        ("Package.swift", #"serviceTests("Inbox"),"#, ""), ("docker-compose.yml", "127.0.0.1:8082:8082", "8089:8089"),
        ("compose.scale.yml", "postgres://orders@postgres", "postgres://x@y"),
        ("deploy/compose/haproxy.cfg", "bind :8081", "bind :8088"),
        ("deploy/compose/databases.sh", "catalog orders", "orders"),
        ("deploy/kubernetes/base/orders.yaml", "containerPort: 8082", "containerPort: 8089"),
        ("deploy/kubernetes/base/kustomization.yaml", "inbox.yaml, ", ""),
        ("Services/Login/KnownServices.swift", #""inbox": 8083"#, #""inbox": 8089"#),
        ("Services/Catalog/App+build.swift", "defaultPort = 8081", "defaultPort = 8088"),
        ("deploy/prometheus/prometheus.yml", "port: 8083", "port: 8089"),
        ("deploy/prometheus/rules.yml", "          or absent(up{job=\"hallpass\", service=\"inbox\"})\n", ""),
        (".devcontainer/devcontainer.json", "8083, 8084", "8083"),
        ("docs/configuration.md", "catalog orders inbox`", "catalog`"),
    ])
    func `a file that disagrees with the list of services is reported`(
        path: String, old: String, new: String
    ) async throws {
        let copy = try await ProjectCopy()
        try copy.replace(old, with: new, in: path)
        let error = await #expect(throws: ClusterError.self) { try await copy.check() }
        #expect(error?.description.contains(path) == true)
        let refusal = await #expect(throws: ClusterError.self) {
            try await copy.run("scripts/new-service", ["bookmarks"])
        }
        #expect(refusal?.description.contains("First make these agree") == true)
    }

    @Test func `a command with a mistake ends with one sentence about it, and nothing changes`() async throws {
        let copy = try await ProjectCopy()
        let before = try copy.files
        for arguments in [
            ["login"], ["compare"], ["Bookmarks"], ["book-marks"], ["../x"], ["x"], [""], ["book\nmarks"], ["case"],
            ["data"], ["entry"], ["database"], ["testing"], ["jwt"], ["haproxy"], ["cluster"], ["system"], ["pod"],
            ["void"], ["encodable"], ["null"], ["template1"], ["--port"], ["--quick"], ["bookmarks", "notes"],
            ["bookmarks", "--port", "8083"],
            ["bookmarks", "--port", "8085"], ["bookmarks", "--port", "0"], ["bookmarks", "--port=many"],
            ["bookmarks", "--port", "65536"], ["bookmarks", "--port="], ["bookmarks", "--port", "-9191"],
            ["bookmarks", "--port", String(repeating: "9", count: 5000)], [],
        ] {
            try await expectOneSentence(of: copy, "scripts/new-service", arguments)
        }
        for arguments in [["login"], ["nothing"], ["@"], [""], ["../Login"], ["inbox", "orders"], []] {
            try await expectOneSentence(of: copy, "scripts/remove-service", arguments)
        }
        try await withCluster(running: [.login]) { cluster in
            try await expectOneSentence(
                of: copy, "scripts/new-service", ["bookmarks", "--port", "\(cluster.port(.login))"])
        }
        #expect(try copy.files == before)
        let output = try await copy.run("scripts/new-service", ["bookmarks", "--port", "9191"])
        #expect(output.contains("which listens on port 9191."))
        let complete = try copy.files
        try await expectOneSentence(of: copy, "scripts/new-service", ["bookmarks"])
        #expect(try copy.files == complete)
    }

    /// Expects that a command fails with one line of output, a sentence.
    private func expectOneSentence(of copy: ProjectCopy, _ command: String, _ arguments: [String]) async throws {
        let error = await #expect(throws: ClusterError.self, "\(arguments)") { try await copy.run(command, arguments) }
        // The first line of the error is the command and its status.
        let lines = error?.description.split(separator: "\n").dropFirst() ?? []
        #expect(lines.count == 1 && lines.last?.first?.isUppercase == true, "\(arguments): \(lines)")
    }

    @Test func `both commands explain themselves and change nothing`() async throws {
        let copy = try await ProjectCopy()
        let before = try copy.files
        for command in ["scripts/new-service", "scripts/remove-service"] {
            for option in ["-h", "--help"] {
                #expect(try await copy.run(command, [option]).hasPrefix("Usage: \(command) NAME"))
            }
        }
        #expect(try copy.files == before)
    }

    @Test func `a service with a change that Git could not restore stays until it is committed`() async throws {
        let copy = try await ProjectCopy()
        try await copy.commit()
        try await copy.run("scripts/new-service", ["bookmarks"])
        try copy.replace("The routes of entries", with: "The routes", in: "Services/Bookmarks/EntryRoutes.swift")
        for (service, file) in [
            ("bookmarks", "Services/Bookmarks/EntryRoutes.swift"), ("inbox", "Services/Inbox/mine.md"),
        ] {
            if service == "inbox" { try copy.write("Mine.\n", to: file) }
            let before = try copy.files
            let error = await #expect(throws: ClusterError.self) {
                try await copy.run("scripts/remove-service", [service])
            }
            #expect(error?.description.contains("Git could not restore \(file)") == true)
            #expect(try copy.files == before)
        }
        try await copy.commit()
        for service in ["bookmarks", "inbox"] { try await copy.run("scripts/remove-service", [service]) }
        try await copy.check()
    }

    @Test func `only a new service without changes is removed if the project is in no repository`() async throws {
        let copy = try await ProjectCopy()
        try await expectOneSentence(of: copy, "scripts/remove-service", ["inbox"])
        try await copy.run("scripts/new-service", ["bookmarks"])
        try await copy.run("scripts/remove-service", ["bookmarks"])
        try await copy.run("scripts/new-service", ["bookmarks"])
        try copy.replace("The routes of entries", with: "The routes", in: "Services/Bookmarks/EntryRoutes.swift")
        let before = try copy.files
        try await expectOneSentence(of: copy, "scripts/remove-service", ["bookmarks"])
        #expect(try copy.files == before)
    }

    @Test func `a service with changes stays if the project is a folder of a larger repository`() async throws {
        let copy = try await ProjectCopy()
        let script = """
            mkdir inner
            find . -mindepth 1 -maxdepth 1 ! -name inner ! -name '.output-*' -exec cp --archive -t inner {} +
            """
        try await copy.run("/bin/sh", ["-ec", script])
        try await copy.commit()
        try copy.write("Mine.\n", to: "inner/Services/Inbox/mine.md")
        let error = await #expect(throws: ClusterError.self) {
            try await copy.run("inner/scripts/remove-service", ["inbox"])
        }
        #expect(error?.description.contains("Git could not restore Services/Inbox/mine.md") == true)
        try await copy.commit()
        try await copy.run("inner/scripts/remove-service", ["inbox"])
    }

    @Test(arguments: [
        ("pathlib.Path.write_text", 1), ("pathlib.Path.write_text", 12), ("os.replace", 1), ("os.replace", 12),
    ])
    func `a command that is interrupted or finds the disk full changes nothing`(
        function: String, number: Int
    ) async throws {
        let copy = try await ProjectCopy()
        try await copy.commit()
        let before = try copy.files
        for error in ["OSError(28, 'No space left on device')", "KeyboardInterrupt()"] {
            let script = Self.program(at: number, of: function, "raise \(error)")
            for arguments in [["add", "bookmarks"], ["remove", "inbox"]] {
                let failure = await #expect(throws: ClusterError.self) {
                    try await copy.run("/usr/bin/python3", ["-B", "-c", script] + arguments)
                }
                #expect(failure?.description.contains("nothing changed") == true)
                #expect(try copy.files == before)
            }
        }
    }

    /// A Python program that runs `services.py`, and executes a statement at the call with this number of a function.
    private static func program(at number: Int, of function: String, _ statement: String) -> String {
        """
        import os, pathlib, runpy, sys
        function, calls = \(function), 0
        def failing(*arguments, **options):
            global calls
            calls += 1
            if calls == \(number):
                \(statement)
            return function(*arguments, **options)
        \(function) = failing
        runpy.run_path("scripts/lib/services.py", run_name="__main__")
        """
    }

    @Test func `the command after a killed one removes what that one left, or says where the old files are`()
        async throws
    {
        let copy = try await ProjectCopy()
        try await copy.commit()
        let before = try copy.files
        for (function, isChanging) in [("pathlib.Path.write_text", false), ("os.replace", true)] {
            let script = Self.program(at: 12, of: function, "os.kill(os.getpid(), 9)")
            await #expect(throws: ClusterError.self) {
                try await copy.run("/usr/bin/python3", ["-B", "-c", script, "add", "bookmarks"])
            }
            let remains = try #require(try copy.files.keys.first { $0.hasPrefix(".services-") })
            if isChanging {
                try await expectOneSentence(of: copy, "scripts/new-service", ["notes"])
                let error = await #expect(throws: ClusterError.self) {
                    try await copy.run("scripts/new-service", ["notes"])
                }
                #expect(error?.description.contains("\(remains.prefix(18))/old. Restore the project") == true)
            } else {
                try await copy.run("scripts/new-service", ["notes"])
                try await copy.run("scripts/remove-service", ["notes"])
                #expect(try copy.files == before)
            }
        }
    }

    @Test func `a command that is interrupted while Python starts says that nothing changed`() async throws {
        let copy = try await ProjectCopy()
        try await copy.commit()
        let before = try copy.files
        for command in ["scripts/new-service bookmarks", "scripts/remove-service inbox"] {
            let script = """
                folder=$(mktemp --directory)
                trap 'rm --recursive "$folder"' EXIT
                printf '%s\\n' "#!/bin/sh" "kill -INT \\$\\$" "exec /usr/bin/python3 \\"\\$@\\"" >"$folder/python3"
                chmod +x "$folder/python3"
                PATH=$folder:$PATH \(command)
                """
            let failure = await #expect(throws: ClusterError.self) {
                try await copy.run("/bin/bash", ["-c", script])
            }
            #expect(failure?.description.contains("The command was interrupted, and nothing changed.") == true)
            #expect(try copy.files == before)
        }
    }

    @Test func `a file that is read-only stops both commands before they change another file`() async throws {
        let copy = try await ProjectCopy()
        try await copy.commit()
        try await copy.run("/bin/chmod", ["444", "docker-compose.yml"])
        let before = try copy.files
        for (command, name) in [("scripts/new-service", "bookmarks"), ("scripts/remove-service", "inbox")] {
            let error = await #expect(throws: ClusterError.self) { try await copy.run(command, [name]) }
            #expect(error?.description.contains("docker-compose.yml is read-only") == true)
            #expect(try copy.files == before)
        }
    }

    @Test func `parts of several lines stay complete when a service is added and when theirs is removed`()
        async throws
    {
        let copy = try await ProjectCopy()
        let original = try copy.files
        try await copy.run("scripts/new-service", ["bookmarks"])
        let target = """
            (
                        "Bookmarks",
                        uses: [
                            .product(name: "NIOFoundationCompat", package: "swift-nio"),

                            "CurlClient",
                        ]),

            """
        for function in ["service", "serviceTests"] {
            try copy.replace("\(function)(\"Bookmarks\"),\n", with: function + target, in: "Package.swift")
        }
        let volumes = "    volumes: [*secrets, \"bookmarks:/data\"]\n"
        let environment = "    environment:\n      <<: *environment\n\n      MAX_ENTRIES: \"5\"\n"
        try copy.replace(volumes, with: volumes + environment, in: "docker-compose.yml")
        let before = try copy.files
        try await copy.run("scripts/new-service", ["wishes"])
        #expect(try copy.text("Package.swift").contains("service\(target)        service(\"Wishes\"),\n"))
        #expect(try copy.text("docker-compose.yml").contains("\(environment)\n  wishes:\n"))
        try await copy.run("scripts/remove-service", ["wishes"])
        #expect(try copy.files == before)
        try await copy.run("scripts/remove-service", ["bookmarks"])
        #expect(try copy.files == original)
    }

    @Test(arguments: [
        ("Package.swift", "service(\"Inbox\"),", "service(\"Inbox\", uses: [\n    \"CurlClient\"]),"),
        ("Package.swift", "service(\"Inbox\"),", "service(\"Inbox\"), service(\"Other\"),"),
        (
            "docker-compose.yml", "    volumes: [*secrets, \"inbox:/data\"]",
            "\n  # A remark.\n    volumes: [*secrets, \"inbox:/data\"]"
        ),
    ])
    func `a part of a file with an unusual form stops both commands, and nothing changes`(
        path: String, old: String, new: String
    ) async throws {
        let copy = try await ProjectCopy()
        try await copy.commit()
        try copy.replace(old, with: new, in: path)
        let before = try copy.files
        for (command, name) in [("scripts/new-service", "bookmarks"), ("scripts/remove-service", "inbox")] {
            let error = await #expect(throws: ClusterError.self) { try await copy.run(command, [name]) }
            #expect(error?.description.contains(path) == true)
            #expect(try copy.files == before)
        }
    }

    @Test(arguments: [["orders"], ["inbox", "catalog"], ["orders", "inbox", "catalog", "compare"]])
    func `the alert rules and the picture of roles name only the services that remain after a removal`(
        removed: [String]
    ) async throws {
        let copy = try await ProjectCopy()
        try await copy.commit()
        for name in removed { try await copy.run("scripts/remove-service", [name]) }
        try await copy.run("scripts/check-prometheus")
        // The picture of the page has no line that an editor would change.
        let page = try copy.text("docs/oauth.md")
        let picture = try await copy.run("scripts/roles")
        #expect(page.contains("```text\n\(picture)```"))
        #expect(!page.contains(" \n"))
        let hasOrders = !removed.contains("orders")
        #expect(try copy.text("deploy/prometheus/rules.yml").contains("OutboxWaits") == hasOrders)
    }

    @Test func `both commands name a folder that belongs to no service, unless it is hidden`() async throws {
        let copy = try await ProjectCopy()
        try await copy.run("/bin/mkdir", ["Services/.vscode"])
        try await copy.check()
        try await copy.run("/bin/mkdir", ["Services/Old"])
        for (command, name) in [("scripts/new-service", "bookmarks"), ("scripts/remove-service", "inbox")] {
            let error = await #expect(throws: ClusterError.self) { try await copy.run(command, [name]) }
            #expect(
                error?.description.contains("Services/Old: is not in Services/services.txt. Remove the folder") == true)
        }
    }

    @Test func `a symbolic link to a script ends with an error and runs none of its commands`() async throws {
        let copy = try await ProjectCopy()
        try await copy.run("/bin/ln", ["--symbolic", "scripts/new-service", "link"])
        let error = await #expect(throws: ClusterError.self) { try await copy.run("./link", ["bookmarks"]) }
        #expect(error?.description.contains("lib.sh") == true)
        #expect(error?.description.contains("Start it") == false)
    }

    @Test func `the script up stops if login was started before the list of services changed`() async throws {
        let folder = try ScriptFolder("up")
        for stub in ["scripts/setup", "bin/swift"] { try folder.stub(stub) }
        let login = ProcessInfo.processInfo.processIdentifier
        let script = """
            . scripts/lib.sh
            mkdir run && echo "\(login) $(began \(login))" >run/login.pid && touch --date=yesterday run/login.pid
            cp --remove-destination "$(realpath Services/services.txt)" Services/services.txt
            """
        try await run(["/bin/bash", "-p", "-ec", script], in: folder.file("."))
        let error = await #expect(throws: ClusterError.self) { try await folder.run() }
        #expect(error?.description.contains("First run: scripts/down login") == true)
    }

    @Test func `any service but login can be removed, and the files agree then`() async throws {
        let copy = try await ProjectCopy()
        try await copy.commit()
        for name in ["inbox", "orders", "compare"] {
            try await copy.run("scripts/remove-service", [name])
            try await copy.check()
            #expect(try !copy.text("docker-compose.yml").contains(name))
        }
        for name in ["inbox", "orders"] { try await expectOneSentence(of: copy, "scripts/remove-service", [name]) }
        // Tests and pages still describe the services of the shop.
        try await expectOneSentence(of: copy, "scripts/new-service", ["inbox"])
        try await copy.run("scripts/new-service", ["bookmarks"])
        try await copy.run("scripts/remove-service", ["bookmarks"])
        try await copy.check()
        try await copy.run("/usr/bin/python3", ["-B", "scripts/lib/articles.py"])
    }
}
