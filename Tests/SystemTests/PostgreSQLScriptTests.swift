import Foundation
import HTTPTypes
import TestSupport
import Testing

/// Runs `scripts/up --postgres` and `scripts/move-to-postgres` in the folder of a cluster, with stubs of the programs that
/// install and build.
@Suite(.serialized, .enabled(if: PostgreSQLServer.isInstalled), .enabled(if: ServiceName.exist(ServiceName.shop)))
struct PostgreSQLScriptTests {
    @Test(.timeLimit(.minutes(3)))
    func
        `the data of a private PostgreSQL server stays when the services stop, and SQLite does not replace it unasked`()
        async throws
    {
        try await withScripts { cluster, script in
            // Variables of libpq are for another server.
            _ = try await script(
                ["/usr/bin/env", "PGPORT=5431", "PGPASSWORD=other", "PGSERVICE=other", "scripts/up", "--postgres"])
            let passwords = cluster.directory.appending(path: "data/postgres/passwords")
            let mode = try FileManager.default.attributesOfItem(atPath: passwords.path)[.posixPermissions] as? Int
            #expect(mode == 0o600)
            let token = try await cluster.token("alice")
            #expect(try await cluster.order(token: token).status == 201)
            let down = try await script(["scripts/down"])
            #expect(down.contains("PostgreSQL has stopped."))
            let error = await #expect(throws: ClusterError.self) { try await script(["scripts/up"]) }
            #expect(error?.description.contains("Run: scripts/up --postgres") == true)

            _ = try await script(["scripts/up", "--postgres"])
            #expect(try await cluster.orders(token: cluster.token("alice")).count == 1)
            #expect(try await script(["scripts/status"]).contains("PostgreSQL in data/postgres is running"))
            let files = try FileManager.default.contentsOfDirectory(
                atPath: cluster.directory.appending(path: "data").path)
            #expect(files.filter { $0.hasSuffix(".sqlite") } == [])
        }
    }

    @Test(arguments: [
        ("--postgres=mysql://host/{service}", "names no database"), ("--postgres=postgres://host/all", "{service}"),
        ("--postgres=variables", "LOGIN_DATABASE_URL"),
    ])
    func `the script up refuses a database that it cannot give to each service`(
        option: String, expected: String
    ) async throws {
        try await withScripts { _, script in
            let error = await #expect(throws: ClusterError.self) { try await script(["scripts/up", option]) }
            #expect(error?.description.contains(expected) == true)
        }
    }

    @Test(.timeLimit(.minutes(3)))
    func `a database that could not be made is made the next time`() async throws {
        try await withScripts { _, script in
            let steps = """
                . scripts/lib.sh; . scripts/lib/postgresql.sh
                database=private; programs=$(postgres_programs)
                make_server "$programs"
                chmod a-w "$server/base"; ! (add_databases "$programs"); [ ! -s "$passwords" ]
                chmod u+w "$server/base"; add_databases "$programs"; cut -d: -f4 "$passwords"
                """
            // The first script of a folder finds the library from its own path.
            let output = try await script(["/bin/bash", "-p", "-c", steps, "scripts/up"])
            #expect(output.contains("login\ncatalog\norders\ninbox\n"))
        }
    }

    @Test(.timeLimit(.minutes(3)))
    func `the services run on the databases of a server, which a URL or variables name`() async throws {
        let server = try PostgreSQLServer()
        for service in ServiceName.standard { try server.run("CREATE DATABASE \(service.rawValue)") }
        let url = { (service: String) in server.url(database: service) }
        try await withScripts { cluster, script in
            _ = try await script(["scripts/up", "--postgres=\(url("{service}"))"])
            let token = try await cluster.token("alice")
            #expect(try await cluster.order(token: token).status == 201)
            let running = await #expect(throws: ClusterError.self) { try await script(["scripts/up", "--postgres"]) }
            #expect(running?.description.contains("is running on another database. First run: scripts/down") == true)
            _ = try await script(["scripts/down"])

            let variables = ServiceName.standard.map { "\($0.rawValue.uppercased())_DATABASE_URL=\(url($0.rawValue))" }
            _ = try await script(["/usr/bin/env"] + variables + ["scripts/up", "--postgres=variables"])
            #expect(try await cluster.orders(token: cluster.token("alice")).count == 1)
            let engine = try String(contentsOf: cluster.directory.appending(path: "data/engine"), encoding: .utf8)
            #expect(engine == "--postgres=variables\n")
        }
    }

    @Test(.timeLimit(.minutes(3)), .enabled(if: PostgreSQLScriptTests.hasPsycopg))
    func
        `the data of SQLite moves to PostgreSQL whole, its files stay as they were, and a second move changes nothing`()
        async throws
    {
        try await withScripts { cluster, script in
            // Orders is killed, so some of its rows are only in the log, which lies beside the file and not beside the link.
            let link = "mkdir -p data elsewhere; touch elsewhere/orders.sqlite; ln -s ../elsewhere/orders.sqlite data"
            try await run(["/bin/sh", "-c", link], in: cluster.directory)
            let data = try await TestData(in: cluster)
            let files = try Self.files(of: cluster)
            let first = try await script(["/usr/bin/env", "PGCLIENTENCODING=LATIN1", "scripts/move-to-postgres"])
            #expect(first.contains("data/login.sqlite: moved "))
            #expect(first.contains("data/orders.sqlite: moved "))
            let second = try await script(["scripts/move-to-postgres"])
            #expect(second.components(separatedBy: "has the same rows already").count == 5)
            #expect(try Self.files(of: cluster) == files)

            _ = try await script(["scripts/up", "--postgres"])
            try await data.check(in: cluster)
            _ = try await script(["scripts/down"])
            let error = await #expect(throws: ClusterError.self) { try await script(["scripts/move-to-postgres"]) }
            #expect(error?.description.contains("has rows that are not in data/login.sqlite") == true)
            _ = try await script(["scripts/up", "--postgres"])
            #expect(try await cluster.orders(token: cluster.token("alice")).count == data.orders.count)
        }
    }

    @Test(.timeLimit(.minutes(2)), .enabled(if: PostgreSQLScriptTests.hasPsycopg))
    func `the move refuses a file that a service has open, a file of another version, and a missing file`() async throws
    {
        try await withScripts { cluster, script in
            let missing = await #expect(throws: ClusterError.self) { try await script(["scripts/move-to-postgres"]) }
            #expect(missing?.description.contains("There is no SQLite file of a service in data/") == true)

            try await cluster.start(.login, environment: ["DATABASE_URL": "sqlite:data/login.sqlite"])
            let open = await #expect(throws: ClusterError.self) { try await script(["scripts/move-to-postgres"]) }
            #expect(open?.description.contains("has data/login.sqlite open. Stop it.") == true)

            try await cluster.stop(.login)
            let forget = """
                import sqlite3; database = sqlite3.connect("data/login.sqlite")
                database.execute("DELETE FROM schema_migrations WHERE place = (SELECT max(place) FROM schema_migrations)")
                database.commit()
                """
            try await run(["/usr/bin/python3", "-c", forget], in: cluster.directory)
            let older = await #expect(throws: ClusterError.self) { try await script(["scripts/move-to-postgres"]) }
            #expect(older?.description.contains("data/login.sqlite has the tables of another version") == true)
        }
    }

    @Test(.timeLimit(.minutes(1)), .enabled(if: PostgreSQLScriptTests.hasPsycopg))
    func `the move refuses a file that changes meanwhile`() async throws {
        let folder = try TemporaryFolder()
        let login = Cluster.executables.appending(path: "login").path
        let file = folder.path("login.sqlite")
        try await run(["/usr/bin/env", "DATABASE_URL=sqlite:\(file)", login, "migrate"], in: folder.url)
        let target = try folder.databaseURL(.postgresql)
        let change = "import sqlite3; sqlite3.connect('\(file)').execute('PRAGMA user_version = 1')"
        func move(_ command: String) async throws -> String {
            try await run(
                [
                    "/usr/bin/env", "DATABASE_URL=\(target)", "/usr/bin/python3", "-B",
                    Cluster.project.appending(path: "scripts/lib/move.py").path, file, "/bin/sh", "-c", command,
                ], in: folder.url)
        }
        let error = await #expect(throws: ClusterError.self) {
            try await move("\(login) migrate && /usr/bin/python3 -c \"\(change)\"")
        }
        let message = "was not moved: it changed meanwhile. Stop the service that uses it."
        #expect(error?.description.contains(message) == true)
        #expect(try await move("\(login) migrate").contains("has the same rows already"))
    }

    /// Whether Debian's Python has the module with which the script copies.
    private static let hasPsycopg = {
        (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/python3/dist-packages"))?.contains("psycopg2")
            == true
    }()

    /// The content of the files in `data/`, by name. The file of the revocations and of shared memory are not data.
    private static func files(of cluster: Cluster) throws -> [String: Data] {
        let folder = cluster.directory.appending(path: "data")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".sqlite") }
        return try .init(uniqueKeysWithValues: names.map { ($0, try Data(contentsOf: folder.appending(path: $0))) })
    }

    /// Calls `body` with a cluster without services and a function that runs a script in its folder. Stops everything that
    /// the scripts have started.
    private func withScripts(
        _ body: (Cluster, _ script: @Sendable ([String]) async throws -> String) async throws -> Void
    ) async throws {
        try await withCluster(running: []) { cluster in
            for (path, text) in [("scripts/setup", ""), ("bin/swift", "")] {
                let file = cluster.directory.appending(path: path)
                try FileManager.default.createDirectory(
                    at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
                try? FileManager.default.removeItem(at: file)
                try Data("#!/bin/sh\n\(text)\n".utf8).write(to: file)
                try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.path)
            }
            let environment = [
                "PATH": "\(cluster.directory.path)/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
                "LOGIN_URL": cluster.url(.login), "CATALOG_URL": cluster.url(.catalog),
                "INBOX_URL": cluster.url(.inbox), "LOG_LEVEL": "warning",
            ]
            let script = { @Sendable (command: [String]) in
                try await run(command, in: cluster.directory, environment: environment)
            }
            do {
                try await body(cluster, script)
                _ = try await script(["scripts/down"])
            } catch {
                _ = try? await script(["scripts/down"])
                throw error
            }
        }
    }
}

/// What a customer has stored, to be found again on another database.
private struct TestData {
    private struct Product: Decodable, Equatable {
        let id: String
        let name: String
        let description: String
    }

    /// The orders of alice, the newest first.
    let orders: [Order]
    private let product: Product
    private let open: TokenResponse
    private let ended: TokenResponse

    /// Starts the services on SQLite, stores the data, and stops them. Orders is killed, so its write-ahead log stays.
    init(in cluster: Cluster) async throws {
        for service in ServiceName.standard {
            try await cluster.start(
                service, environment: ["DATABASE_URL": "sqlite:data/\(service.rawValue).sqlite"])
        }
        let token = try await cluster.token("alice")
        for _ in 1...3 {
            let status = try await cluster.order(token: token).status
            #expect(status == 201)
        }
        open = try await cluster.signIn("bob").decoded(as: TokenResponse.self)
        ended = try await cluster.signIn("bob").decoded(as: TokenResponse.self)
        let logout = try await cluster.send(.post, .login, "/logout", token: ended.accessToken)
        #expect(logout.status == 204)
        // What the text format of COPY escapes.
        let special = #"{"name": "\\N \\. é 💡", "description": "\\.\tTab\r\n\\N\nline", "price_cents": 1}"#
        let staff = try await cluster.token("staff")
        product = try await cluster.send(.post, .catalog, "/products", token: staff, json: special).decoded()
        orders = try await cluster.orders(token: token)
        let isDelivered = try await eventually { try await cluster.messages(token: token).count == 3 }
        #expect(isDelivered)
        try await cluster.kill(.orders)
        for service in ServiceName.standard where service != .orders { try await cluster.stop(service) }
    }

    /// Requires that the services have the data.
    func check(in cluster: Cluster) async throws {
        let token = try await cluster.token("alice")
        let found = try await cluster.orders(token: token)
        #expect(found == orders)
        let messages = try await cluster.messages(token: token)
        #expect(messages.count == 3)
        let (renewal, rejected) = (
            try await cluster.renew(open.refreshToken).status, try await cluster.renew(ended.refreshToken).status
        )
        #expect(renewal == 200)
        #expect(rejected == 400)
        for service in Cluster.followers {
            let status = try await cluster.status(of: service, token: ended.accessToken)
            #expect(status == 401, "\(service.rawValue)")
        }
        let foundProduct: Product = try await cluster.get(.catalog, "/products/\(product.id)").decoded()
        #expect(foundProduct == product)
    }
}
