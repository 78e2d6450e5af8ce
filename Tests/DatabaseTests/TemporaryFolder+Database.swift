import Database
import Foundation
import TestSupport

extension TemporaryFolder {
    /// The URL of a database file in this folder.
    func databaseURL(_ name: String = "test.sqlite") throws -> DatabaseURL {
        try DatabaseURL("sqlite:\(path)/\(name)")
    }

    /// Opens the database of this folder. A second call opens the same database.
    func open(_ engine: TestEngine, _ migrations: [Migration] = [.products]) throws -> SQLDatabase {
        try SQLDatabase.open(DatabaseURL(databaseURL(engine)), migrations: migrations)
    }

    /// The permission bits of a file or folder in this folder.
    func mode(of name: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: "\(path)/\(name)")[.posixPermissions] as? Int
    }
}
