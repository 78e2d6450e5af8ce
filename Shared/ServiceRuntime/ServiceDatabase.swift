public import Database
import HTTPTypes

extension Settings {
    /// `DATABASE_URL`; by default `sqlite:data/<service>.sqlite`.
    ///
    /// After a fault it is one in memory, which nobody opens.
    public mutating func databaseURL(service name: String) -> DatabaseURL {
        do {
            return try DatabaseURL(string("DATABASE_URL", isSecret: true) ?? "sqlite:data/\(name).sqlite")
        } catch {
            fault("DATABASE_URL", error.message)
            return .inMemory
        }
    }
}

extension Readiness.Check {
    /// Whether the database answers.
    public static func database(_ database: SQLDatabase) -> Self {
        Self("database") {
            do {
                try await database.ping()
                return .ready
            } catch let error as DatabaseError {
                return .unavailable(error.code.description)
            } catch {
                return .unavailable("no answer")
            }
        }
    }
}

extension DatabaseError: ProblemConvertible {
    /// What a client sees when the store fails where the service expected it to work. Nothing was changed.
    public var problem: Problem {
        switch code {
        case .full:
            Problem(
                .init(code: 507, reasonPhrase: "Insufficient Storage"), code: "storage_full",
                detail: "The service has no space left to store this. Nothing was changed.")
        case .invalidValue:
            // Fields are checked before. This is for what somebody forgot: the fault is the client's all the same.
            .unprocessable([.init("", "The request has text that cannot be stored, such as the character U+0000")])
        case .busy, .unavailable, .readOnly:
            .unavailable(code: "storage_unavailable", "The service cannot reach its store. Nothing was changed.")
        default:
            .internalError
        }
    }
}
