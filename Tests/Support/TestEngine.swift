import Foundation

/// A database engine that tests run on.
public enum TestEngine: String, CaseIterable, Sendable {
    /// A file in the folder of the test.
    case sqlite
    /// A database of a private server, `PostgreSQLServer`.
    case postgresql

    /// The engines that this machine has. `scripts/setup postgresql` installs PostgreSQL.
    public static let installed = allCases.filter { $0 == .sqlite || PostgreSQLServer.isInstalled }

    /// The engine of the tests of services: the value of the environment variable `DATABASE`, by default SQLite.
    public static let selected =
        ProcessInfo.processInfo.environment["DATABASE"].flatMap(TestEngine.init(rawValue:)) ?? .sqlite
}

extension TemporaryFolder {
    /// The URL of a database that exists as long as this folder. On PostgreSQL, the first call creates it.
    ///
    /// - Throws: `PostgreSQLServer.StartError`.
    public func databaseURL(_ engine: TestEngine, _ name: String = "service") throws -> String {
        switch engine {
        case .sqlite: "sqlite:\(path("\(name).sqlite"))"
        case .postgresql: try PostgreSQLServer.shared.get().databaseURL(name, of: self)
        }
    }
}
