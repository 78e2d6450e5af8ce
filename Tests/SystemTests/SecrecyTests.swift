import Foundation
import HTTPTypes
import TestSupport
import Testing

@Suite struct `Secrets stay secret` {
    @Test(arguments: ["text", "json"])
    func `no log holds a secret, a password or a token`(format: String) async throws {
        try await withCluster(environment: ["LOG_LEVEL": "trace", "LOG_FORMAT": format]) { cluster in
            let password = "a password that nobody else has"
            #expect(try await cluster.signUp("dave", password: password) == 201)
            #expect(try await cluster.signIn("dave", password: password + "!").status == 400)
            let grant = try await cluster.signIn("dave", password: password).decoded(as: Grant.self)
            #expect(try await cluster.order(token: grant.accessToken).status == 201)
            #expect(try await cluster.get(.orders, "/orders", token: grant.accessToken.tampered).status == 401)
            #expect(try await cluster.get(.orders, "/orders?token=\(grant.accessToken)").status == 401)
            #expect(
                try await cluster.send(.post, .login, "/token", json: #"{"grant_type": "\#(password)"}"#).status == 400)
            #expect(try await eventually { try await cluster.messages(token: grant.accessToken).count == 1 })

            let signature = try #require(grant.accessToken.split(separator: ".").last)
            let secrets = [try cluster.secret(), password, grant.refreshToken, String(signature)]
            for service in ServiceName.allCases {
                let log = try cluster.log(service)
                #expect(log.contains("/") && log.count > 500, "\(service.rawValue) has logged what happened")
                for secret in secrets { #expect(!log.contains(secret)) }
                // Whatever looks like a token: two base64url parts that begin like a JSON object.
                #expect(log.firstMatch(of: /eyJ[A-Za-z0-9_-]+\.eyJ/) == nil)
            }
        }
    }

    @Test func `what a service keeps on disk nobody else can read, whatever it was started with`() async throws {
        try await withCluster(running: []) { cluster in
            for service in ServiceName.allCases {
                try await cluster.start(
                    service, environment: ["DATABASE_URL": "sqlite:kept/\(service.rawValue)/all.sqlite"],
                    under: ["/bin/sh", "-c", "umask 0 && exec \"$0\""])
            }
            let token = try await cluster.token("alice")
            #expect(try await cluster.order(token: token).status == 201)
            #expect(try await cluster.send(.post, .login, "/logout", token: token).status == 204)
            for service in ServiceName.allCases {
                let isHeard = try await eventually { try await cluster.lookup(service, token: token) == 401 }
                #expect(isHeard)
                let list = "\(service.rawValue)/\(service.rawValue).revocations"
                let isKept = try await eventually { try service == .login || cluster.kept().keys.contains(list) }
                #expect(isKept)
                let status = try String(contentsOfFile: "/proc/\(cluster.process(service))/status", encoding: .utf8)
                #expect(status.contains("\nUmask:\t0077\n"))
            }
            let kept = try cluster.kept()
            for (name, mode) in kept { #expect(mode & 0o077 == 0, "\(name) has \(String(mode, radix: 8))") }
            // Four folders with a database in three files each, three of them with a list, and the folder of all; and what is
            // being written at this moment.
            #expect(kept.count >= 20)
        }
    }
}

extension Cluster {
    /// The folder `kept` and what the services have put into it, with the permissions.
    fileprivate func kept() throws -> [String: Int] {
        let folder = directory.appending(path: "kept").path
        let names = try FileManager.default.subpathsOfDirectory(atPath: folder) + ["."]
        return names.reduce(into: [:]) { kept, name in
            // A file that is about to be moved over another may be gone by now.
            let attributes = try? FileManager.default.attributesOfItem(atPath: "\(folder)/\(name)")
            kept[name] = attributes?[.posixPermissions] as? Int
        }
    }

    /// The key that the services share, as it stands in the file.
    fileprivate func secret() throws -> String {
        struct KeyFile: Decodable {
            let keys: [Key]
            struct Key: Decodable { let k: String }
        }
        let data = try Data(contentsOf: directory.appending(path: "secrets/jwt.json"))
        return try #require(try JSONDecoder().decode(KeyFile.self, from: data).keys.first).k
    }
}
