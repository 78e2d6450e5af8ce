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
}
