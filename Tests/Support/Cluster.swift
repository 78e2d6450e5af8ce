import CurlClient
public import Foundation
import Synchronization

/// The services of the project, by the names of their executables.
public enum ServiceName: String, CaseIterable, Sendable {
    case login, catalog, orders, inbox
}

/// The services as real processes on free ports, with fresh databases and a fresh secret, in a temporary folder that
/// is laid out like the project's own: `data/`, `run/` with the logs, `secrets/jwt.json`.
///
/// See `withCluster`, which makes one and ends it.
public final class Cluster: Sendable {
    /// The folder that holds everything of this cluster.
    public var directory: URL { folder.url }

    /// A port for a service that is not of this project; pages from there, by the name `localhost`, may call the services.
    public let guestPort: Int

    let http = HTTPClient()
    private let folder: TemporaryFolder
    private let ports: [ServiceName: Int]
    private let processes = Mutex<[ServiceName: ChildProcess]>([:])
    private let guests = Mutex<[ChildProcess]>([])

    /// The project's folder.
    public static let project = URL(filePath: #filePath).appending(path: "../../..").standardized

    /// The folder with the executables, which is that of the tests.
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
        guestPort = try await FreePorts.next(http)
        try becomeLikeTheProject()
        try await run(["scripts/secret"], in: directory)
    }

    /// Puts the scripts and the executables where they are in the project, so that the scripts act on this cluster.
    private func becomeLikeTheProject() throws {
        let files = FileManager.default
        for folder in ["scripts", ".build"] {
            try files.createDirectory(at: directory.appending(path: folder), withIntermediateDirectories: true)
        }
        try files.createSymbolicLink(
            at: directory.appending(path: ".build/debug"), withDestinationURL: Self.executables)
        let scripts = Self.project.appending(path: "scripts")
        for name in try files.contentsOfDirectory(atPath: scripts.path) where name != "lib.sh" {
            try files.createSymbolicLink(
                at: directory.appending(path: "scripts/\(name)"), withDestinationURL: scripts.appending(path: name))
        }
        let library = try String(contentsOf: scripts.appending(path: "lib.sh"), encoding: .utf8)
        try translated(library).write(
            to: directory.appending(path: "scripts/lib.sh"), atomically: true, encoding: .utf8)
    }

    /// A text that names the ports of the project, as one that names those of this cluster.
    public func translated(_ text: String) -> String {
        let ports = ServiceName.allCases.map(port) + [guestPort]
        return zip(8080..., ports).reduce(text) { $0.replacing("\($1.0)", with: "\($1.1)") }
    }

    /// Another port for something that is not of this project, and from which nothing is allowed.
    public func strangerPort() async throws -> Int {
        try await FreePorts.next(http)
    }

    /// Starts a program that is not of this project. It ends with the cluster.
    public func startGuest(_ command: [String]) throws {
        let guest = try ChildProcess(
            command, environment: ["PATH": "/usr/local/bin:/usr/bin:/bin"], directory: directory,
            log: directory.appending(path: "run/guest.log"))
        guests.withLock { $0.append(guest) }
    }

    /// The port of a service, whether it runs or not.
    public func port(_ service: ServiceName) -> Int {
        ports[service, default: 0]
    }

    /// The address of a service: `http://localhost:20345/orders`.
    public func url(_ service: ServiceName, _ path: String = "") -> String {
        "http://localhost:\(port(service))\(path)"
    }

    /// The process id of a service that was started.
    public func process(_ service: ServiceName) throws -> Int32 {
        try started(service).identifier
    }

    /// All that a service has logged, from all its starts.
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
    /// How long a service may take to be ready, or to end.
    private static let patience: Duration = .seconds(60)

    /// Starts a service, with its data as it was left, and waits until it is ready.
    ///
    /// - Parameter wrapper: A command that ends with running the one that is added to it, in its own place.
    public func start(
        _ service: ServiceName, environment: [String: String] = [:], under wrapper: [String] = []
    ) async throws {
        let process = try launch(service, environment: environment, under: wrapper)
        let deadline = ContinuousClock.now + Self.patience
        while await !isReady(service) {
            guard process.isRunning else { throw ClusterError("\(service.rawValue) ended at its start") }
            guard ContinuousClock.now < deadline else { throw ClusterError("\(service.rawValue) is not ready") }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// Starts a service without waiting for anything.
    func launch(
        _ service: ServiceName, environment: [String: String], under wrapper: [String] = []
    ) throws -> ChildProcess {
        let defaults = [
            "PATH": "/usr/bin:/bin", "PORT": "\(port(service))",
            "JWT_KEYS_FILE": directory.appending(path: "secrets/jwt.json").path, "DEMO_DATA": "on",
            "LOGIN_URL": url(.login), "CATALOG_URL": url(.catalog), "INBOX_URL": url(.inbox),
            "SHOP_CATALOG_URL": url(.catalog), "SHOP_ORDERS_URL": url(.orders), "SHOP_INBOX_URL": url(.inbox),
            "CORS_ORIGINS": "\(url(.login)) http://localhost:\(guestPort)",
        ]
        let process = try ChildProcess(
            wrapper + [Self.executables.appending(path: service.rawValue).path],
            environment: defaults.merging(environment) { $1 },
            directory: directory, log: logFile(service))
        processes.withLock { $0[service] = process }
        return process
    }

    private func isReady(_ service: ServiceName) async -> Bool {
        (try? await get(service, "/readyz").status) == 200
    }

    /// Asks a service to finish, as `scripts/down` does, and returns its exit status once it has ended.
    @discardableResult
    public func stop(_ service: ServiceName) async throws -> Int32 {
        let process = try started(service)
        process.send(signal: SIGTERM)
        return await process.ended().status
    }

    /// Ends a service at once, in the middle of whatever it is doing.
    public func kill(_ service: ServiceName) async throws {
        let process = try started(service)
        process.send(signal: SIGKILL)
        _ = await process.ended()
    }

    /// Freezes a service: connections are accepted by the system, nothing is answered.
    public func pause(_ service: ServiceName) throws {
        try started(service).send(signal: SIGSTOP)
    }

    /// Lets a frozen service go on.
    public func resume(_ service: ServiceName) throws {
        try started(service).send(signal: SIGCONT)
    }

    func end() async {
        for guest in guests.withLock({ $0 }) { guest.endGroup() }
        let processes = processes.withLock { $0.values }
        for process in processes { process.send(signal: SIGKILL) }
        for process in processes { _ = await process.ended() }
        await http.shutdown()
    }
}

/// Makes a cluster, starts `services` and runs `body`. Afterwards nothing of it is left, whatever happened; when `body`
/// throws, the ends of the logs are printed.
public func withCluster<Result>(
    running services: [ServiceName] = ServiceName.allCases, environment: [String: String] = [:],
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
        await cluster.end()
        return result
    } catch {
        for service in ServiceName.allCases {
            guard let log = try? cluster.log(service) else { continue }
            print("--- \(service.rawValue)\n\(log.suffix(2000))")
        }
        await cluster.end()
        throw error
    }
}

/// What went wrong with a cluster, in a sentence.
public struct ClusterError: Error, CustomStringConvertible {
    /// The sentence.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// Ports below those that the system gives away by itself, each handed out once in a test run.
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
