import Foundation
import HTTPTypes
import TestSupport
import Testing

@Suite(.enabled(if: ServiceName.exist(ServiceName.shop + [.compare]))) struct SecrecyTests {
    @Test(arguments: ["text", "json"])
    func `no log contains a secret, a password or a token`(format: String) async throws {
        let collectorKey = "a-key-of-the-collector"
        let environment = [
            "LOG_LEVEL": "trace", "LOG_FORMAT": format, "PASSWORD_CHECKS": "on",
            "TOKEN_AUDIENCES": ServiceName.allNames,
            // Nothing listens there.
            "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_EXPORTER_OTLP_HEADERS": "x-team=\(collectorKey)",
        ]
        try await withCluster(running: ServiceName.allCases, environment: environment) { cluster in
            let password = "a password that nobody else has"
            #expect(try await cluster.signUp("dave", password: password) == 201)
            #expect(try await cluster.signIn("dave", password: password + "!").status == 400)
            let tokens = try await cluster.signIn("dave", password: password).decoded(as: TokenResponse.self)
            #expect(try await cluster.order(token: tokens.accessToken).status == 201)
            #expect(try await cluster.get(.orders, "/orders", token: tokens.accessToken.tampered).status == 401)
            #expect(try await cluster.get(.orders, "/orders?token=\(tokens.accessToken)").status == 401)
            for service in ServiceName.allCases {
                #expect(try await cluster.get(service, "/\(tokens.accessToken)").status == 404)
            }
            #expect(
                try await cluster.send(.post, .login, "/token", json: #"{"grant_type": "\#(password)"}"#).status == 400)
            #expect(try await eventually { try await cluster.messages(token: tokens.accessToken).count == 1 })

            for secret in [Demo.clientSecret, "x" + Demo.clientSecret] {
                let form = "grant_type=client_credentials&client_id=demo-job&client_secret=\(secret)"
                let response = try await cluster.send(
                    .post, .login, "/token", headers: [.contentType: "application/x-www-form-urlencoded"], json: form)
                #expect(response.status == (secret == Demo.clientSecret ? 200 : 401))
            }

            let created = try await cluster.send(
                .post, .login, "/api-tokens", token: tokens.accessToken, json: #"{"name": "script"}"#)
            let apiToken = try #require(created["token"])
            let basic = Data("dave:\(password)".utf8).base64EncodedString()
            for (path, credentials) in [("token", "Token \(apiToken)"), ("basic", "Basic \(basic)")] {
                let notes = try await cluster.send(
                    .get, .compare, "/\(path)/notes", headers: [.authorization: credentials])
                #expect(notes.status == 200)
            }
            for token in [apiToken, tokens.refreshToken] {
                let revoked = try await cluster.send(.post, .login, "/revoke", json: #"{"token": "\#(token)"}"#)
                #expect(revoked.status == 200)
            }
            let cookie = try await PageClient(signingIn: "alice", to: cluster).cookieValue

            let signature = try #require(tokens.accessToken.split(separator: ".").last)
            let secrets = [
                try cluster.secret(), password, Demo.password, tokens.refreshToken, String(signature),
                Demo.clientSecret, apiToken, basic, cookie, collectorKey,
            ]
            for service in ServiceName.allCases {
                let log = try cluster.log(service)
                #expect(log.contains("/") && log.count > 500, "\(service.rawValue) has logged the requests")
                for secret in secrets { #expect(!log.contains(secret)) }
                #expect(!log.contains("eyJ"))
            }
        }
    }

    @Test func `no response of any operation contains the secret, a password or the token of the request`() async throws
    {
        let environment = Cluster.variablesForCompare.merging(["TOKEN_COOKIE": "on"]) { $1 }
        try await withCluster(running: ServiceName.allCases, environment: environment) { cluster in
            let password = "a password that nobody else has"
            #expect(try await cluster.signUp("dave", password: password) == 201)
            let secrets = try cluster.spellingsOfSecret() + [password]
            let operations = try await DocumentedOperation.all(of: cluster)
            let pages: [(ServiceName, HTTPRequest.Method, String)] = [
                (.login, .get, "/login"), (.login, .get, "/signup"), (.login, .get, "/account"),
                (.login, .get, "/shop/"),
                (.login, .get, "/shop/config.json"),
            ]
            let requests: [(ServiceName, HTTPRequest.Method, String)] =
                operations.map { ($0.service, $0.method, $0.path(with: Demo.lamp)) }
                + pages + Set(operations.map(\.service)).map { ($0, .get, "/docs/") }
            #expect(requests.count > 40)
            for (service, method, path) in requests {
                let token = try await cluster.token("dave", password: password)
                let parts = token.split(separator: ".").map(String.init)
                for credential in [nil, token, token.tampered, cluster.url(service)] {
                    let response = try await cluster.send(
                        method, service, path, token: credential, headers: [.origin: cluster.url(.login)],
                        json: method == .get ? nil : #"{"password": "\#(password)!", "token": "\#(token)"}"#)
                    let text =
                        response.text + response.headers.map { "\($0.name): \($0.value)" }.joined(separator: "\n")
                    for secret in secrets + parts.suffix(2) {
                        #expect(!text.contains(secret), "\(method) \(service.rawValue) \(path)")
                    }
                }
            }
        }
    }

    @Test func `no page contains the secret, a password or the cookie of its browser`() async throws {
        try await withCluster(running: [.login]) { cluster in
            var browser = try await PageClient(signingIn: "alice", to: cluster)
            let secrets = try cluster.spellingsOfSecret() + [Demo.password, Demo.clientSecret, browser.cookieValue]
            let challenge = "code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256"
            let client = "client_id=demo-web&redirect_uri=http%3A%2F%2Flocalhost%3A8090%2Fcallback"
            for (path, title) in [
                ("/", "One pass"), ("/account", "My account"), ("/account/password", "Change password"),
                ("/account/delete", "Delete account"), ("/account/api-tokens/new", "New API token"),
                ("/authorize?response_type=code&\(client)&\(challenge)", "Allow Demo web?"),
                ("/authorize?client_id=demo-web", "rejected"), ("/nowhere", "not_found"),
            ] {
                let response = try await browser.get(path)
                #expect(response.text.contains(title), "\(path)")
                let text = response.text + response.headers.map { "\($0.name): \($0.value)" }.joined(separator: "\n")
                for secret in secrets { #expect(!text.contains(secret), "\(path)") }
            }
        }
    }

    @Test(.enabled(if: TestEngine.selected == .sqlite, "on PostgreSQL, a service has no file of a database"))
    func `the files of a service are readable only by their owner, whatever the umask at its start`() async throws {
        try await withCluster(running: []) { cluster in
            for service in ServiceName.standard {
                try await cluster.start(
                    service, environment: ["DATABASE_URL": "sqlite:files/\(service.rawValue)/all.sqlite"],
                    under: ["/bin/sh", "-c", "umask 0 && exec \"$0\""])
            }
            let token = try await cluster.token("alice")
            #expect(try await cluster.order(token: token).status == 201)
            #expect(try await cluster.send(.post, .login, "/logout", token: token).status == 204)
            for service in ServiceName.standard {
                let isRejected = try await eventually { try await cluster.status(of: service, token: token) == 401 }
                #expect(isRejected)
                let list = "\(service.rawValue)/\(service.rawValue).revocations"
                let isStored = try await eventually {
                    try service == .login || cluster.storedFiles().keys.contains(list)
                }
                #expect(isStored)
                let status = try String(contentsOfFile: "/proc/\(cluster.process(service))/status", encoding: .utf8)
                #expect(status.contains("\nUmask:\t0077\n"))
            }
            let files = try cluster.storedFiles()
            for (name, mode) in files { #expect(mode & 0o077 == 0, "\(name) has \(String(mode, radix: 8))") }
            // There are the folder of all services, four folders with a database of three files each, and three lists
            // of revocations. A file that a service is just writing may be there too.
            #expect(files.count >= 20)
        }
    }
}

extension Cluster {
    /// The permissions of the folder `files` and of everything that the services have stored in it.
    fileprivate func storedFiles() throws -> [String: Int] {
        let folder = directory.appending(path: "files").path
        let names = try FileManager.default.subpathsOfDirectory(atPath: folder) + ["."]
        return names.reduce(into: [:]) { files, name in
            // A temporary file may have been renamed meanwhile.
            let attributes = try? FileManager.default.attributesOfItem(atPath: "\(folder)/\(name)")
            files[name] = attributes?[.posixPermissions] as? Int
        }
    }

    /// The secret in base64url, in base64 and in hexadecimal digits.
    fileprivate func spellingsOfSecret() throws -> [String] {
        let key = try secret()
        let base64 = key.replacing("-", with: "+").replacing("_", with: "/")
        let padding = String(repeating: "=", count: (4 - base64.utf8.count % 4) % 4)
        let bytes = try #require(Data(base64Encoded: base64 + padding))
        let hexadecimal = bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        return [key, base64, hexadecimal, hexadecimal.uppercased()]
    }

    /// The key that the services share, as the key file has it.
    fileprivate func secret() throws -> String {
        struct KeyFile: Decodable {
            let keys: [Key]
            struct Key: Decodable { let k: String }
        }
        let data = try Data(contentsOf: directory.appending(path: "secrets/jwt.json"))
        return try #require(try JSONDecoder().decode(KeyFile.self, from: data).keys.first).k
    }
}
