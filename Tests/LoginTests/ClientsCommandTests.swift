import Foundation
import ServiceRuntime
import TestSupport
import Testing

@testable import LoginService

/// Runs the executable on a database file that a service may have open at the same time.
@Suite struct ClientsCommandTests {
    private let stores: Stores
    private var clients: ClientStore { ClientStore(database: stores.database, sessions: stores.sessions) }

    init() throws {
        stores = try Stores()
    }

    /// Runs `login clients …` and returns its output, and its exit status as the last line.
    private func run(_ arguments: String...) async throws -> [String] {
        let executable = Cluster.executables.appending(path: "login").path
        let text = try await TestSupport.run(
            ["/bin/sh", "-c", #""$@" 2>&1; echo "$?""#, "sh", executable, "clients"] + arguments,
            in: URL(filePath: stores.folder.path),
            environment: [
                "DATABASE_URL": try stores.folder.databaseURL, "TOKEN_AUDIENCES": "login,catalog,orders,inbox",
            ])
        return text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
    }

    @Test func `the command registers a confidential client and prints its secret once`() async throws {
        let lines = try await run(
            "add", "Photo printer", "--redirect-uri", "https://printer.example/a", "--redirect-uri",
            "https://printer.example/b", "--grant", "refresh_token", "--grant", "authorization_code", "--scope",
            "orders:read", "--scope", "inbox:read", "--audience", "catalog", "--audience", "login")
        #expect(lines.count == 3 && lines.last == "0")
        let id = String(try #require(lines[0].firstMatch(of: /^client_id: ([0-9a-f]{32})$/)).1)
        let secret = String(try #require(lines[1].firstMatch(of: /^client_secret: ([A-Za-z0-9_-]{43})$/)).1)
        let client = try #require(await clients.find(id))
        #expect(client.name.text == "Photo printer" && client.secretHash == ClientSecret(secret).hash)
        #expect(client.grantTypes == [.authorizationCode, .refreshToken])
        #expect(client.scope.text == "orders:read inbox:read" && client.audience == ["login", "catalog"])
        let listed = try await run("list")
        #expect(
            listed == [
                "\(id)\tPhoto printer\tconfidential\tauthorization_code refresh_token\torders:read inbox:read\t"
                    + "login catalog\thttps://printer.example/a https://printer.example/b", "0",
            ])
    }

    @Test func `a public client has no secret, and what is not registered is not allowed`() async throws {
        let lines = try await run("add", "Phone", "--public")
        #expect(lines.count == 2 && lines.last == "0")
        let client = try #require(await clients.list().first)
        #expect(client.isPublic && client.grantTypes.isEmpty && client.scope.names.isEmpty && client.audience.isEmpty)
        #expect(try await run("rotate-secret", client.id).last == "1")
    }

    @Test func `rotating a secret replaces it, and removing a client forgets it`() async throws {
        let added = try await run("add", "Printer")
        let id = String(added[0].dropFirst("client_id: ".count))
        let rotated = try await run("rotate-secret", id)
        #expect(rotated[0] == added[0] && rotated[1] != added[1] && rotated.last == "0")
        let secret = ClientSecret(String(rotated[1].dropFirst("client_secret: ".count)))
        #expect(try await clients.find(id)?.secretHash == secret.hash)
        #expect(try await run("remove", id).last == "0")
        #expect(try await clients.list().isEmpty)
        for command in ["remove", "rotate-secret"] {
            let refused = try await run(command, id)
            #expect(refused.last == "1" && refused[0].contains("login clients list"))
        }
    }

    @Test(arguments: [
        ["--grant", "password"], ["--grant", "implicit"], ["--scope", "bank:rob"], ["--audience", "bank"],
        ["--redirect-uri", "http://evil.example/"], ["--redirect-uri", "https://a.example/#b"], ["--unknown"],
    ])
    func `an unknown grant, scope, service or redirect URI is a usage error`(option: [String]) async throws {
        let executable = Cluster.executables.appending(path: "login").path
        let text = try await TestSupport.run(
            ["/bin/sh", "-c", #""$@" 2>&1; echo "$?""#, "sh", executable, "clients", "add", "Name"] + option,
            in: URL(filePath: stores.folder.path), environment: ["DATABASE_URL": try stores.folder.databaseURL])
        #expect(text.hasSuffix("\n64\n"))
        #expect(try await clients.list().isEmpty)
    }

    @Test(arguments: ["", " ", " x", "x ", "a\nb", "a\u{202E}b", String(repeating: "x", count: 61)])
    func `a name that could mislead people is a usage error`(name: String) async throws {
        #expect(try await run("add", name).last == "64")
    }
}
