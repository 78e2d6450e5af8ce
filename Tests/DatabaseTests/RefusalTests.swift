import Foundation
import TestSupport
import Testing

@testable import Database

/// Servers that run and refuse the connection or the first statement. One sentence of the error says what to do.
@Suite(
    .enabled(if: PostgreSQLServer.isInstalled, "PostgreSQL is not installed: scripts/setup postgresql"),
    .timeLimit(.minutes(1)))
struct RefusalTests {
    private let folder: TemporaryFolder
    private let server: PostgreSQLServer

    init() throws {
        folder = try TemporaryFolder()
        server = try PostgreSQLServer.shared.get()
        _ = try folder.databaseURL(.postgresql)
    }

    /// The name of the database of this test, and of a role that does not own it.
    private var name: String { "\(folder.url.lastPathComponent)-service" }

    private func refusal(_ url: String) throws -> DatabaseError {
        let error = try #require(throws: DatabaseError.self) {
            try SQLDatabase.open(DatabaseURL(url), migrations: [.products])
        }
        #expect(error.code == .unavailable)
        return error
    }

    @Test(arguments: [
        ("ALTER ROLE $ NOLOGIN", "Check the user of the URL."),
        ("ALTER ROLE $ CONNECTION LIMIT 0", "Raise the limit of connections"),
        ("REVOKE CONNECT ON DATABASE $ FROM PUBLIC", "Make the user of the URL the owner of the database."),
        ("ALTER DATABASE $ ALLOW_CONNECTIONS false", "Allow connections to the database"),
        ("ALTER DATABASE $ SET search_path = nowhere", "The search_path names no schema that the user"),
        ("SELECT 1", "so make it the owner of the database and its tables (permission denied for schema public)"),
    ])
    func `the error of a role that may not use a database says what to do`(
        statement: String, advice: String
    ) throws {
        try server.run("GRANT USAGE ON SCHEMA public TO PUBLIC", in: name)
        try server.run("CREATE ROLE \"\(name)\" LOGIN")
        try server.run(statement.replacing("$", with: "\"\(name)\""))
        let outcome = Result { try refusal("postgres://\(name)@/\(name)?host=\(server.folder)") }
        try server.run("ALTER DATABASE \"\(name)\" ALLOW_CONNECTIONS true")
        try server.run("GRANT CONNECT ON DATABASE \"\(name)\" TO PUBLIC; DROP ROLE \"\(name)\"")
        #expect(try outcome.get().message.contains(advice), "\(outcome)")
    }

    @Test(arguments: [
        ("postgres://tests@/nowhere?host=$", "\"nowhere\" does not exist. Check the name of the database in the URL"),
        ("postgres://nobody@/postgres?host=$", "\"nobody\" does not exist. Check the user of the URL."),
        (
            "postgres://tests@/postgres?host=$/nowhere",
            "? Start the server, or change the host and the port of the URL."
        ),
        ("postgres://tests@127.0.0.1:1/postgres", "? Start the server, or change the host and the port of the URL."),
        ("postgres://tests@nowhere.invalid/postgres", "Check the host of the URL."),
        ("postgres://tests@/postgres?host=$&target_session_attrs=standby", "or change target_session_attrs."),
        ("postgres://tests@/postgres?host=$&sslmode=nonsense", "Check the server and the URL."),
    ])
    func `the error of a URL that leads nowhere says what to do`(url: String, advice: String) throws {
        let error = try refusal(url.replacing("$", with: server.folder))
        #expect(error.message.contains(advice), "\(error)")
    }

    @Test func `the error of a database with the tables of another program says what to do`() throws {
        try server.run("CREATE TABLE products (name TEXT)", in: name)
        let error = try #require(throws: DatabaseError.self) {
            try SQLDatabase.open(DatabaseURL(folder.databaseURL(.postgresql)), migrations: [.products])
        }
        #expect(error.message.hasPrefix("Another program uses this database, so name an empty one in the URL ("))
        try server.run("DROP TABLE products", in: name)
        try folder.open(.postgresql).close()
    }

    @Test func `the error of a server that wants another password or does not know the client says what to do`()
        async throws
    {
        let (address, port) = ("127.0.\(Int.random(in: 1..<255)).4", Int.random(in: 20_000..<28_000))
        let server = try PostgreSQLServer(settings: ["listen_addresses = '\(address)'"], port: port)
        let missing = try refusal("postgres://tests@\(address):\(port)/postgres?passfile=/nowhere")
        #expect(missing.message.contains("Write the password into the URL, or into the file that passfile names"))
        let url = "postgres://tests:wrong@\(address):\(port)/postgres"
        let wrong = try refusal(url)
        #expect(wrong.message.contains("for user \"tests\". Check the user and the password of the URL."))
        #expect(wrong.message.components(separatedBy: "authentication failed").count == 2)
        try Data("local all all trust\n".utf8).write(to: URL(filePath: "\(server.folder)/data/pg_hba.conf"))
        try server.run("SELECT pg_reload_conf()")
        let isNamed = try await eventually {
            try refusal(url).message.contains("Allow this connection in pg_hba.conf of the server")
        }
        #expect(isNamed)
    }
}
