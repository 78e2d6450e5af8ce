import CurlClient
public import Foundation
import Synchronization

/// The services as real processes on free ports, with new databases and a new secret.
///
/// Their temporary folder is laid out like the project's folder: `data/`, `run/` with the logs, `secrets/jwt.json`.
/// `withCluster` creates a cluster and shuts it down.
public final class Cluster: Sendable {
    /// The folder with all files of the cluster.
    public var directory: URL { folder.url }

    /// A port for a program outside of the project. `CORS_ORIGINS` allows the pages of `http://localhost` at this port.
    public let externalPort: Int

    /// The port for a collector of traces, in place of 4318.
    let tracesPort: Int

    let http = HTTPClient()
    private let folder: TemporaryFolder
    private let ports: [ServiceName: Int]
    private let processes = Mutex<[ServiceName: ChildProcess]>([:])
    private let externalPrograms = Mutex<[ExternalProgram]>([])

    /// The folder of the project.
    public static let project = URL(filePath: #filePath).appending(path: "../../..").standardized

    /// The folder with all executables, including the one of the tests.
    public static let executables =
        URL(filePath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent()

    init() async throws {
        folder = try TemporaryFolder()
        for name in ["data", "run"] {
            try FileManager.default.createDirectory(
                at: folder.file(name), withIntermediateDirectories: true)
        }
        var ports: [ServiceName: Int] = [:]
        for service in ServiceName.allCases { ports[service] = try await FreePorts.next(http) }
        self.ports = ports
        externalPort = try await FreePorts.next(http)
        tracesPort = try await FreePorts.next(http)
        try linkProjectFiles()
        try await run(["scripts/secret"], in: directory)
    }

    /// Links the scripts and the executables to the same paths as in the project, so the scripts act on this cluster.
    private func linkProjectFiles() throws {
        let files = FileManager.default
        for folder in ["scripts", "Services", ".build"] {
            try files.createDirectory(at: directory.appending(path: folder), withIntermediateDirectories: true)
        }
        try files.createSymbolicLink(
            at: directory.appending(path: ".build/debug"), withDestinationURL: Self.executables)
        let scripts = Self.project.appending(path: "scripts")
        for name in try files.contentsOfDirectory(atPath: scripts.path) where name != "lib.sh" {
            try files.createSymbolicLink(
                at: directory.appending(path: "scripts/\(name)"), withDestinationURL: scripts.appending(path: name))
        }
        for file in ["scripts/lib.sh", "Services/services.txt"] {
            let text = try String(contentsOf: Self.project.appending(path: file), encoding: .utf8)
            try Data(replacingPorts(in: text).utf8).write(to: directory.appending(path: file))
        }
    }

    /// Replaces the standard ports of the services, of collectors, and of the other programs in `docs/` with the ports of
    /// this cluster.
    public func replacingPorts(in text: String) -> String {
        var ports = [Self.standardExternalPort: externalPort, Self.standardTracesPort: tracesPort]
        for service in ServiceName.allCases {
            if let standardPort = service.standardPort { ports[standardPort] = port(service) }
        }
        return text.replacing(/[0-9]+/) { number in
            Int(number.output).flatMap { ports[$0] }.map { "\($0)" } ?? String(number.output)
        }
    }

    private static let standardExternalPort = 8085
    private static let standardTracesPort = 4318

    /// A free port that no setting of the services names.
    public func unusedPort() async throws -> Int {
        try await FreePorts.next(http)
    }

    /// Starts a program that is not one of the services of this cluster. It ends with the cluster.
    ///
    /// - Parameters:
    ///   - name: The name of its log: `run/NAME.log`.
    ///   - environment: Its variables besides `PATH`.
    @discardableResult
    public func startExternalProgram(
        _ command: [String], name: String = "external", environment: [String: String] = [:]
    ) throws -> ExternalProgram {
        let path = ["PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"]
        let program = ExternalProgram(
            try ChildProcess(
                command, environment: path.merging(environment) { $1 }, directory: directory,
                log: directory.appending(path: "run/\(name).log")))
        externalPrograms.withLock { $0.append(program) }
        return program
    }

    /// The port of a service, whether the service runs or not.
    public func port(_ service: ServiceName) -> Int {
        ports[service, default: 0]
    }

    /// The URL of a path of a service, such as `http://localhost:20345/orders`.
    public func url(_ service: ServiceName, _ path: String = "") -> String {
        "http://localhost:\(port(service))\(path)"
    }

    /// The URL of the database of a service on PostgreSQL, when the tests run on it; nil on SQLite, where a service
    /// chooses its file itself.
    ///
    /// - Throws: `PostgreSQLServer.StartError`.
    public func databaseURL(_ service: ServiceName) throws -> String? {
        guard TestEngine.selected == .postgresql else { return nil }
        return try folder.databaseURL(.postgresql, service.rawValue)
    }

    /// The URL of the database of a service, for a command that runs in the folder of the cluster.
    ///
    /// - Throws: `PostgreSQLServer.StartError`.
    public func commandDatabaseURL(_ service: ServiceName) throws -> String {
        try databaseURL(service) ?? "sqlite:data/\(service.rawValue).sqlite"
    }

    /// The process id of a service.
    ///
    /// - Throws: `ClusterError` if the service was never started.
    public func process(_ service: ServiceName) throws -> Int32 {
        try started(service).identifier
    }

    /// The log of a service since its first start.
    public func log(_ service: ServiceName) throws -> String {
        try String(contentsOf: logFile(service), encoding: .utf8)
    }

    private func logFile(_ service: ServiceName) -> URL {
        directory.appending(path: "run/\(service.rawValue).log")
    }

    private func started(_ service: ServiceName) throws -> ChildProcess {
        guard let process = processes.withLock({ $0[service] }) else {
            throw ClusterError("\(service.rawValue) was never started")
        }
        return process
    }
}

extension Cluster {
    /// The longest time until a service is ready.
    private static let startTimeout: Duration = .seconds(60)

    /// Starts a service on its existing data, and waits until it is ready.
    ///
    /// - Parameters:
    ///   - environment: Variables that are added to those of the cluster.
    ///   - wrapper: A command that gets the command of the service as its last arguments and replaces itself by it
    ///     (exec(3)).
    /// - Throws: `ClusterError` if the service ends or is not ready in time.
    public func start(
        _ service: ServiceName, environment: [String: String] = [:], under wrapper: [String] = []
    ) async throws {
        let process = try launch(service, environment: environment, under: wrapper)
        let deadline = ContinuousClock.now + Self.startTimeout
        while await !isReady(service) {
            guard process.isRunning else { throw ClusterError("\(service.rawValue) ended during its start") }
            guard ContinuousClock.now < deadline else { throw ClusterError("\(service.rawValue) is not ready") }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// Starts a service without waiting until it is ready. The port 4318 in a variable becomes that of the cluster.
    func launch(
        _ service: ServiceName, environment: [String: String], under wrapper: [String] = []
    ) throws -> ChildProcess {
        let changes = environment.mapValues { $0.replacing(":4318", with: ":\(tracesPort)") }
        var variables = self.environment(of: service).merging(changes) { $1 }
        if variables["DATABASE_URL"] == nil { variables["DATABASE_URL"] = try databaseURL(service) }
        let process = try ChildProcess(
            wrapper + [Self.executables.appending(path: service.rawValue).path], environment: variables,
            directory: directory, log: logFile(service))
        processes.withLock { $0[service] = process }
        return process
    }

    /// The variables of a service.
    func environment(of service: ServiceName) -> [String: String] {
        var environment = [
            "PATH": "/usr/bin:/bin", "PORT": "\(port(service))",
            "JWT_KEYS_FILE": directory.appending(path: "secrets/jwt.json").path, "DEMO_DATA": "on",
            "SERVICE_URLS": ServiceName.allCases.map { "\($0.rawValue)=\(url($0))" }.joined(separator: " "),
            "CORS_ORIGINS": "\(url(.login)) http://localhost:\(externalPort)",
        ]
        for other in ServiceName.allCases {
            for prefix in ["", "SHOP_"] { environment["\(prefix)\(other.rawValue.uppercased())_URL"] = url(other) }
        }
        return environment
    }

    private func isReady(_ service: ServiceName) async -> Bool {
        (try? await get(service, "/readyz").status) == 200
    }

    /// Sends SIGTERM to a service, as `scripts/down` does, and returns its exit status once it has ended.
    @discardableResult
    public func stop(_ service: ServiceName) async throws -> Int32 {
        let process = try started(service)
        process.send(signal: SIGTERM)
        return await process.waitForTermination().status
    }

    /// Kills a service.
    public func kill(_ service: ServiceName) async throws {
        let process = try started(service)
        process.send(signal: SIGKILL)
        _ = await process.waitForTermination()
    }

    /// Pauses a service: the system still accepts connections, but the service does not respond.
    public func pause(_ service: ServiceName) throws {
        try started(service).send(signal: SIGSTOP)
    }

    /// Continues a paused service.
    public func resume(_ service: ServiceName) throws {
        try started(service).send(signal: SIGCONT)
    }

    func shutDown() async {
        for program in externalPrograms.withLock({ $0 }) { await program.kill() }
        let processes = processes.withLock { $0.values }
        for process in processes { process.send(signal: SIGKILL) }
        for process in processes { _ = await process.waitForTermination() }
        await http.shutdown()
    }
}

/// Creates a cluster, starts `services` in it, calls `body`, and removes everything again.
///
/// If `body` throws, this prints the last 2,000 characters of each log.
public func withCluster<Result>(
    running services: [ServiceName] = ServiceName.standard, environment: [String: String] = [:],
    _ body: (Cluster) async throws -> Result
) async throws -> Result {
    let cluster = try await Cluster()
    do {
        try await withThrowingTaskGroup { group in
            for service in services {
                group.addTask { try await cluster.start(service, environment: environment) }
            }
            try await group.waitForAll()
        }
        let result = try await body(cluster)
        await cluster.shutDown()
        return result
    } catch {
        for service in ServiceName.allCases {
            guard let log = try? cluster.log(service) else { continue }
            print("--- \(service.rawValue)\n\(log.suffix(2000))")
        }
        await cluster.shutDown()
        throw error
    }
}

/// Chooses free ports below the ephemeral ports of Linux. No port is returned twice in a test run.
private enum FreePorts {
    private static let candidate = Mutex(Int.random(in: 20_000..<28_000))

    static func next(_ http: HTTPClient) async throws -> Int {
        while true {
            let port = candidate.withLock {
                $0 += 1
                return $0
            }
            do {
                _ = try await http.execute(.init(url: "http://localhost:\(port)/", deadline: .seconds(1)))
            } catch  where error.code == .connectionFailed {
                return port
            } catch {
                continue
            }
        }
    }
}
