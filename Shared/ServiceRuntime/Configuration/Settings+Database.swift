public import Database

extension Settings {
    /// The value of `DATABASE_URL`; by default `sqlite:data/<service>.sqlite`.
    ///
    /// The method replaces an invalid value by a database in memory. No code opens this database, because `read`
    /// throws.
    public mutating func databaseURL(service name: String) -> DatabaseURL {
        do {
            return try DatabaseURL(string("DATABASE_URL", isSecret: true) ?? "sqlite:data/\(name).sqlite")
        } catch {
            reject("DATABASE_URL", error.message)
            return .inMemory
        }
    }
}
