public import Database

extension Readiness.Check {
    /// A check that the database responds.
    public static func database(_ database: SQLDatabase) -> Self {
        Self("database") {
            do {
                try await database.ping()
                return .ready
            } catch let error as DatabaseError {
                return .unavailable(error.code.description)
            } catch {
                return .unavailable("no response")
            }
        }
    }

    /// A check that the replica of the database can be read. Without it, requests that change something still succeed.
    public static func replica(_ replica: SQLDatabase) -> Self {
        Self("replica") {
            do {
                _ = try await replica.read { try $0.queryOne("SELECT count(*) AS count FROM schema_migrations") }
                return .ready
            } catch let error as DatabaseError {
                return .degraded("\(error.code); reads fail")
            } catch {
                return .degraded("no response; reads fail")
            }
        }
    }
}
