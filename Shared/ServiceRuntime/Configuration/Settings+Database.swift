public import Database

extension Settings {
    /// The value of `DATABASE_URL`; by default `sqlite:data/<service>.sqlite`.
    ///
    /// The method replaces an invalid value by a database in memory. No code opens this database, because `read`
    /// throws.
    ///
    /// - Parameter hasReplica: Whether the service also reads `replicaURL`. The method rejects the variable for all others.
    public mutating func databaseURL(service name: String, hasReplica: Bool = false) -> DatabaseURL {
        if !hasReplica, string(Self.replicaVariable, isSecret: true) != nil {
            reject(
                Self.replicaVariable,
                "only catalog may read from a replica, because a replica may not have the latest changes; unset it")
        }
        do {
            return try DatabaseURL(string("DATABASE_URL", isSecret: true) ?? "sqlite:data/\(name).sqlite")
        } catch {
            reject("DATABASE_URL", error.message)
            return .inMemory
        }
    }

    private static let replicaVariable = "DATABASE_READ_URL"

    /// The value of `DATABASE_READ_URL`: a replica of the database on PostgreSQL. Nil if it is not set or invalid.
    public mutating func replicaURL() -> DatabaseURL? {
        guard let text = string(Self.replicaVariable, isSecret: true) else { return nil }
        do {
            let url = try DatabaseURL(text)
            if url.isOnServer { return url }
            reject(
                Self.replicaVariable, "must name a replica on PostgreSQL; write postgres://user@host/name or unset it")
        } catch {
            reject(Self.replicaVariable, error.message)
        }
        return nil
    }
}
