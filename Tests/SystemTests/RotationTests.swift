import Foundation
import HTTPTypes
import TestSupport
import Testing

@Suite(.serialized, .enabled(if: ServiceName.exist(ServiceName.shop))) struct RotationTests {
    @Test func `a rotation under load rejects no request and retires the old key in time`() async throws {
        try await withCluster { cluster in
            let first = try #require(try await cluster.keyNames().first)
            let old = try await cluster.token("alice")
            let tally = try await cluster.underLoad {
                try await cluster.rotateSecret("--retire-later")
                try await cluster.rotateSecret("--retire-later")
            }
            #expect(tally.unexpected == [])
            #expect(tally.count > 100)
            let names = try await cluster.keyNames()
            #expect(names.count == 3 && names.last == first)
            #expect(try await cluster.get(.orders, "/orders", token: old).status == 200)
            let new = try await cluster.token("alice")

            // After this change of its file, the script regards the last token of the old keys as expired.
            try Data("retire 1\n".utf8).write(to: cluster.directory.appending(path: "secrets/rotation"))
            try await cluster.rotateSecret("retire")
            #expect(try await cluster.keyNames() == [names[0]])
            for service in ServiceName.standard {
                #expect(
                    try await eventually {
                        try await cluster.metric("jwt_key_verifies{kid=\"\(first)\"}", of: service) == 0
                    })
                #expect(try await cluster.metric("jwt_key_signs{kid=\"\(names[0])\"}", of: service) == 1)
            }
            #expect(try await cluster.get(.orders, "/orders", token: old).status == 401)
            #expect(try await cluster.get(.orders, "/orders", token: new).status == 200)
        }
    }

    @Test func `an interrupted rotation continues with the step at which it stopped`() async throws {
        try await withCluster(running: [.login, .inbox]) { cluster in
            let note = cluster.directory.appending(path: "secrets/rotation")
            let first = try #require(try await cluster.keyNames().first)
            // The script stopped before the key was created, before it signed, or before the time of retirement was
            // stored.
            for stage in 1...3 {
                try Data("next new-\(stage)\n".utf8).write(to: note)
                if stage >= 2 { try await cluster.keys("add", "--id", "new-\(stage)") }
                if stage == 3 { try await cluster.keys("promote", "--id", "new-\(stage)") }
                try await cluster.rotateSecret("--retire-later")
                #expect(try await cluster.keyNames().first == "new-\(stage)")
                #expect(try String(contentsOf: note, encoding: .utf8).hasPrefix("retire "))
            }
            #expect(try await cluster.keyNames() == ["new-3", "new-2", "new-1", first])
            // A script that stopped while it waited for the retirement creates no other key.
            try Data("retire 1\n".utf8).write(to: note)
            try await cluster.rotateSecret()
            #expect(try await cluster.keyNames() == ["new-3"])
            #expect(!FileManager.default.fileExists(atPath: note.path))
        }
    }

    @Test func `a rotation with the argument now retires the old key as soon as the new one signs`()
        async throws
    {
        try await withCluster(running: [.login, .inbox]) { cluster in
            let first = try await cluster.keyNames()
            let old = try await cluster.token("alice")
            try await cluster.rotateSecret("now")
            let second = try await cluster.keyNames()
            #expect(second.count == 1 && second != first)
            #expect(try await eventually { try await cluster.get(.inbox, "/messages", token: old).status == 401 })
            try await cluster.rotateSecret("--retire-later")
            let third = try await cluster.keyNames()
            #expect(third.count == 2 && third.last == second.first)
        }
    }

    @Test func `a rotation with the argument now retires the old key and fails if a service does not read the new one`()
        async throws
    {
        try await withCluster(running: [.login]) { cluster in
            let before = try await cluster.keyNames()
            // It listens at the port of inbox, and has no metrics.
            try cluster.startExternalProgram([
                "/usr/bin/env", "python3", "-m", "http.server", "--bind", "127.0.0.1", "\(cluster.port(.inbox))",
            ])
            #expect(try await eventually { (try? await cluster.get(.inbox, "/metrics").status) == 404 })
            let error = await #expect(throws: ClusterError.self) { try await cluster.rotateSecret("now") }
            #expect(error?.description.contains("these services have not read the key file: inbox.") == true)
            let after = try await cluster.keyNames()
            #expect(after.count == 1 && after != before)
        }
    }

    @Test func `a rotation with the argument now keeps no key that existed before, whatever was interrupted`()
        async throws
    {
        try await withCluster(running: []) { cluster in
            let note = cluster.directory.appending(path: "secrets/rotation")
            // An earlier run stopped before the key was created, before it signed, before the time of retirement was
            // stored, while it waited for the retirement, or while it replaced a leaked key.
            let states = ["next", "next", "next", "retire", "now", "now", "now"]
            for (number, state) in states.enumerated() {
                let name = "interrupted-\(number)"
                try Data("\(state) \(state == "retire" ? "9999999999" : name)\n".utf8).write(to: note)
                try Data("next \(name)\n".utf8).write(to: note.appendingPathExtension("new"))
                if number % 4 >= 1 { try await cluster.keys("add", "--id", name) }
                if number % 4 >= 2 { try await cluster.keys("promote", "--id", name) }
                let before = try await cluster.keyNames() + [name]
                try await cluster.rotateSecret("now")
                let after = try await cluster.keyNames()
                #expect(after.count == 1 && Set(after).isDisjoint(with: before), "\(before) → \(after)")
                #expect(try cluster.secrets().keys.sorted() == ["jwt.json"])
            }
        }
    }

    @Test(arguments: [[], ["--retire-later"], ["retire"]])
    func `an interrupted rotation with the argument now is finished by the next run`(arguments: [String]) async throws {
        try await withCluster(running: []) { cluster in
            try Data("now new\n".utf8).write(to: cluster.directory.appending(path: "secrets/rotation"))
            try await run(["scripts/rotate-secret"] + arguments, in: cluster.directory)
            #expect(try await cluster.keyNames() == ["new"])
            #expect(try cluster.secrets().keys.sorted() == ["jwt.json"])
        }
    }

    @Test(arguments: ["retire a[$(touch pwned)]", "next $(touch pwned)", "next -x", "retire", "next a\nretire 1", "x"])
    func `a damaged state of a rotation is an error and runs nothing`(state: String) async throws {
        try await withCluster(running: []) { cluster in
            try Data("\(state)\n".utf8).write(to: cluster.directory.appending(path: "secrets/rotation"))
            let before = try cluster.secrets()
            let error = await #expect(throws: ClusterError.self) { try await cluster.rotateSecret() }
            #expect(error?.description.contains("secrets/rotation is damaged") == true)
            #expect(try cluster.secrets() == before)
            let files = FileManager.default
            #expect(!files.fileExists(atPath: cluster.directory.appending(path: "pwned").path))
            try await cluster.rotateSecret("now")
        }
    }

    @Test(.enabled(if: geteuid() == 0))
    func `a rotation by root writes through no link that the owner of the secret has made`() async throws {
        try await withCluster(running: []) { cluster in
            let secrets = cluster.directory.appending(path: "secrets").path
            let victim = cluster.directory.appending(path: "victim")
            try Data("unchanged\n".utf8).write(to: victim)
            for name in [".lock", "rotation.new", "rotation"] {
                try await run(["/bin/ln", "-s", victim.path, "\(secrets)/\(name)"], in: cluster.directory)
            }
            try await run(["/bin/chown", "-hR", "1000:1000", secrets], in: cluster.directory)
            try await cluster.rotateSecret("now")
            try await cluster.rotateSecret("--retire-later")
            #expect(try Data(contentsOf: victim) == Data("unchanged\n".utf8))
            for name in ["jwt.json", "rotation"] {
                let attributes = try FileManager.default.attributesOfItem(atPath: "\(secrets)/\(name)")
                #expect(attributes[.type] as? FileAttributeType == .typeRegular)
                #expect(attributes[.ownerAccountID] as? Int == 1000)
            }
        }
    }

    @Test func `a rotation asks the services without the proxies of the caller`() async throws {
        try await withCluster(running: [.login]) { cluster in
            let proxy = "http://127.0.0.1:\(try await cluster.unusedPort())"
            try Data("proxy = \(proxy)\n".utf8).write(to: cluster.directory.appending(path: ".curlrc"))
            let variables = ["http_proxy", "all_proxy", "https_proxy"].map { ($0, proxy) }
            let environment = Dictionary(uniqueKeysWithValues: variables)
                .merging(["PATH": "/usr/bin:/bin", "HOME": cluster.directory.path, "no_proxy": "none"]) { $1 }
            let output = try await run(
                ["scripts/rotate-secret", "now"], in: cluster.directory, environment: environment)
            #expect(output.contains("\n  login\n  catalog is not running\n"), "\(output)")
        }
    }

    @Test(arguments: ["", "prometheus 1 192.0.2.1", "prometheus 1 192.0.2.1\njaeger 2 ", "postgres 1 192.0.2.1"])
    func `a service outside of containers is asked, whatever containers run`(containers: String) async throws {
        try await withCluster(running: [.login]) { cluster in
            let output = try await cluster.rotateSecret(withContainers: containers)
            #expect(output.contains("\n  login\n  catalog is not running\n"), "\(output)")
        }
    }

    @Test(arguments: ["127.0.0.1:", "0.0.0.0:", "[::]:"], [nil, "[::]:1"])
    func `a service in a container is asked at the address where its port is published`(
        address: String, second: String?
    ) async throws {
        try await withCluster(running: [.login]) { cluster in
            let published = "\(address)\(cluster.port(.login))" + (second.map { "\n\($0)" } ?? "")
            let output = try await cluster.rotateSecret(withContainers: "login 1 192.0.2.1", published: published)
            #expect(output.contains("\n  login\n  catalog is not running\n"), "\(output)")
        }
    }

    @Test func `services behind HAProxy are asked in its network, and those without a container are not running`()
        async throws
    {
        try await withCluster(running: [.login]) { cluster in
            // HAProxy listens at the ports of all services, and has no metrics.
            try cluster.startExternalProgram([
                "/usr/bin/env", "python3", "-m", "http.server", "--bind", "127.0.0.1", "\(cluster.port(.catalog))",
            ])
            #expect(try await eventually { (try? await cluster.get(.catalog, "/metrics").status) == 404 })
            let output = try await cluster.rotateSecret(withContainers: "login 1 127.0.0.1\nhaproxy 2 127.0.0.1")
            #expect(output.contains("\n  login\n  catalog is not running\n"), "\(output)")
        }
    }

    @Test func `a rotation without a list of the containers changes nothing`() async throws {
        try await withCluster(running: [.login]) { cluster in
            let before = try await cluster.keyNames()
            let error = await #expect(throws: ClusterError.self) { try await cluster.rotateSecret(withContainers: nil) }
            #expect(error?.description.contains("docker compose cannot list the containers.") == true)
            #expect(try await cluster.keyNames() == before)
        }
    }

    @Test func `a key that a service has not read yet does not sign`() async throws {
        try await withCluster(running: [.login, .inbox]) { cluster in
            let first = try #require(try await cluster.keyNames().first)
            try cluster.pause(.inbox)
            async let rotation: Void = cluster.rotateSecret("--retire-later")
            #expect(try await eventually { try await cluster.keyNames().count == 2 })
            let new = try #require(try await cluster.keyNames().last)
            #expect(
                try await eventually {
                    try await cluster.metric("jwt_key_verifies{kid=\"\(new)\"}", of: .login) == 1
                })
            #expect(try await cluster.keyNames() == [first, new])
            try cluster.resume(.inbox)
            try await rotation
            #expect(try await cluster.keyNames() == [new, first])
        }
    }

    @Test func `a second rotation at the same time fails and changes nothing`() async throws {
        try await withCluster(running: [.login, .inbox]) { cluster in
            try cluster.pause(.inbox)
            async let first: Void = cluster.rotateSecret("--retire-later")
            #expect(try await eventually { try await cluster.keyNames().count == 2 })
            let before = try cluster.secrets()
            for arguments in [[], ["--retire-later"], ["retire"], ["now"]] {
                let error = await #expect(throws: ClusterError.self) {
                    try await run(["scripts/rotate-secret"] + arguments, in: cluster.directory)
                }
                #expect(error?.description.contains("Another scripts/rotate-secret is at work") == true)
            }
            #expect(try cluster.secrets() == before)
            try cluster.resume(.inbox)
            try await first
            try await cluster.rotateSecret("now")
        }
    }

    @Test func `an invalid key file leaves the old keys in use, and log and metrics report it`() async throws {
        try await withCluster(running: [.login, .inbox]) { cluster in
            let file = cluster.directory.appending(path: "secrets/jwt.json")
            let good = try Data(contentsOf: file)
            let token = try await cluster.token("alice")
            #expect(try await cluster.metric("jwt_keys_faulty", of: .inbox) == 0)
            for bad in [good.prefix(good.count / 2), Data(), Data(#"{"keys":[]}"#.utf8)] {
                try bad.write(to: file)
                #expect(try await eventually { try await cluster.metric("jwt_keys_faulty", of: .inbox) == 1 })
                #expect(try await cluster.get(.inbox, "/messages", token: token).status == 200)
                let fresh = try await cluster.token("alice")
                #expect(try await cluster.get(.inbox, "/messages", token: fresh).status == 200)
                try good.write(to: file)
                #expect(try await eventually { try await cluster.metric("jwt_keys_faulty", of: .inbox) == 0 })
            }
            #expect(try await cluster.metric("jwt_keys_reload_failures_total", of: .inbox) == 3)
            let errors = try cluster.log(.inbox).split(separator: "\n")
                .filter { $0.contains("The key file cannot be used") }
            #expect(errors.count == 3)
            #expect(errors.allSatisfy { $0.contains(" error ") })
        }
    }
}

extension Cluster {
    /// Rotates the secret with a program in place of docker.
    ///
    /// - Parameters:
    ///   - containers: The running containers as `docker inspect` prints them for the script, a line for each; nil if
    ///     `docker compose` fails.
    ///   - published: What `docker port` prints; nil if the container publishes no port.
    fileprivate func rotateSecret(withContainers containers: String?, published: String? = nil) async throws -> String {
        let bin = directory.appending(path: "bin")
        try FileManager.default.createDirectory(at: bin, withIntermediateDirectories: true)
        let docker = bin.appending(path: "docker")
        let ids = containers.map { $0.split(separator: "\n").indices.map { "\($0)" }.joined(separator: " ") }
        try Data(
            #"""
            #!/bin/bash
            case "$*" in
              info | "compose version") ;;
              "compose ps --quiet") \#(ids.map { "echo '\($0)'" } ?? "exit 1") ;;
              inspect\ *) echo '\#(containers ?? "")' ;;
              port\ *) \#(published.map { "echo '\($0)'" } ?? "exit 1") ;;
              exec\ *) exec "${@:3}" ;;
              compose\ run\ *) while [ "$1" != keys ]; do shift; done; exec .build/debug/jwt "${@/#\/secrets/secrets}" ;;
              *) exit 2 ;;
            esac
            """#.utf8
        ).write(to: docker)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: docker.path)
        try Data().write(to: directory.appending(path: "docker-compose.yml"))
        return try await run(
            ["scripts/rotate-secret", "--retire-later"], in: directory,
            environment: ["PATH": "\(bin.path):/usr/bin:/bin"])
    }

    fileprivate func rotateSecret(_ arguments: String...) async throws {
        try await run(["scripts/rotate-secret"] + arguments, in: directory)
    }

    @discardableResult
    fileprivate func keys(_ arguments: String...) async throws -> String {
        try await run([".build/debug/jwt", "keys"] + arguments + ["--file", "secrets/jwt.json"], in: directory)
    }

    /// The files in the folder of the secret.
    fileprivate func secrets() throws -> [String: Data] {
        let folder = directory.appending(path: "secrets")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        return try Dictionary(
            uniqueKeysWithValues: names.map { ($0, try Data(contentsOf: folder.appending(path: $0))) })
    }

    fileprivate func keyNames() async throws -> [String] {
        try await keys("list").split(separator: "\n").compactMap { $0.split(separator: "\t").first.map(String.init) }
    }
}
