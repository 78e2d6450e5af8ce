import Database
import Foundation
import TestSupport
import Testing

/// A server on a TCP port with a certificate of a private authority.
@Suite(
    .enabled(if: PostgreSQLServer.isInstalled, "PostgreSQL is not installed: scripts/setup postgresql"),
    .timeLimit(.minutes(1)))
struct ServerCertificateTests {
    /// Makes two authorities, and a certificate of the first one for `db.example` in the folder of the server.
    private static let script = """
        set -eu
        new_key() { openssl req -nodes -newkey ec -pkeyopt ec_paramgen_curve:P-256 -keyout "$1.key" -subj "/CN=$1" "${@:2}"; }
        for name in authority foreign; do new_key "$name" -x509 -days 2 -out "$name.pem"; done
        new_key server -addext subjectAltName=DNS:db.example -out server.csr
        openssl x509 -req -in server.csr -CA authority.pem -CAkey authority.key -days 2 -copy_extensions copy -out server.pem
        install -m 600 server.key server.pem "$1"
        chown --reference="$1" "$1/server.key" "$1/server.pem"
        """

    let folder: TemporaryFolder
    let server: PostgreSQLServer
    /// An address of this machine that no other server has.
    let address = "127.\((1..<255).randomElement() ?? 1).\((1..<255).randomElement() ?? 1).2"
    let port = Int.random(in: 20_000..<28_000)
    let password: String

    init() async throws {
        folder = try TemporaryFolder()
        server = try PostgreSQLServer(settings: ["listen_addresses = '\(address)'"], port: port)
        password = try server.setPassword()
        try server.run("CREATE DATABASE shop")
        try await run(["/bin/bash", "-c", Self.script, "bash", server.folder], in: folder.url)
        try server.run("ALTER SYSTEM SET ssl_cert_file = '\(server.folder)/server.pem'")
        try server.run("ALTER SYSTEM SET ssl_key_file = '\(server.folder)/server.key'")
        try await turnSSL("on")
    }

    /// Changes whether new connections may be encrypted.
    private func turnSSL(_ value: String) async throws {
        try server.run("ALTER SYSTEM SET ssl = \(value)")
        try server.run("SELECT pg_reload_conf()")
        let isTurned = try await eventually {
            (try? server.run("SELECT 1 / (current_setting('ssl') = '\(value)')::int")) != nil
        }
        #expect(isTurned)
    }

    private func url(host: String = "db.example", authority: String = "authority") throws -> DatabaseURL {
        try DatabaseURL(
            """
            postgres://tests:\(password)@\(host):\(port)/shop?hostaddr=\(address)&sslmode=verify-full&\
            sslrootcert=\(folder.path("\(authority).pem"))
            """)
    }

    @Test func `a certificate for the host of the URL by the authority of the URL is accepted`() async throws {
        let database = try SQLDatabase.open(url(), migrations: [.products])
        let row = try await database.read {
            try $0.queryOne("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
        }
        #expect(try row?["ssl"] == true)
    }

    @Test func `another certificate is rejected, and the error says what to do`() async throws {
        func check(_ url: DatabaseURL, _ parts: String...) {
            let error = #expect(throws: DatabaseError.self) { try SQLDatabase.open(url, migrations: []) }
            #expect(error?.code == .unavailable)
            for part in parts { #expect(error?.message.contains(part) == true, "\(error?.message ?? "")") }
        }
        try check(
            url(host: "other.example"), #"certificate for "db.example" does not match host name "other.example""#,
            "Write a name from the certificate")
        try check(url(authority: "foreign"), "certificate verify failed", "Set sslrootcert to the certificate")
        try check(url(authority: "missing"), "missing.pem\" does not exist", "Set sslrootcert to the certificate")
        try await turnSSL("off")
        try check(url(), "server does not support SSL", "Turn on ssl")
    }
}
